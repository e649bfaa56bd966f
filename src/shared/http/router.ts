/** Method and path of a request → the route that answers it, or what answers where there is none. */
import FindMyWay from 'find-my-way'
import { faults } from './errors.ts'
import { methodsOf, optionsAnswer } from './options.ts'
import type { Handler, Route } from './route.ts'

export interface RouterOptions {
  routes: readonly Route[]
  /** OPTIONS is answered for every path that has a route, and for `*`. */
  answersOptions: boolean
  /** What answers where no route matches; HTTP_NOT_FOUND or HTTP_METHOD_NOT_ALLOWED unless given. */
  fallback: Handler | undefined
  /** In characters of the path; a longer one matches no parameter. */
  paramLengthMax: number
}

export interface Routed {
  /** `path` is that of the route, for metrics; `none` where no route is. */
  readonly route: Pick<Route, 'path' | 'handler' | 'coded'>
  readonly params: Record<string, string>
}

/** Takes the path as it came, without the query. */
export type Router = (method: string, rawPath: string) => Routed

const METHODS = ['GET', 'POST', 'PUT', 'DELETE'] as const

export function createRouter({ routes, answersOptions, fallback, paramLengthMax }: RouterOptions): Router {
  const router = FindMyWay({ ignoreTrailingSlash: false, caseSensitive: true, maxParamLength: paramLengthMax })
  for (const route of routes) router.on(route.method, route.path, () => {}, route)

  function routeAt(method: string, path: string): { route: Route; params: Record<string, string> } | undefined {
    const found = router.find(method as (typeof METHODS)[number], path)
    if (!found) return undefined
    const route = found.store as Route
    const params = found.params as Record<string, string>
    return route.exists?.({ path: safeDecode(path), params }) === false ? undefined : { route, params }
  }

  function routesAt(path: string): Route[] {
    return METHODS.flatMap(each => routeAt(each, path)?.route ?? [])
  }

  function withoutRoute(method: string, path: string): Routed['route'] {
    if (answersOptions && method === 'OPTIONS') {
      // The whole server: no browser asks that before a request.
      const whole = routes.map(({ method }) => ({ method }))
      if (path === '*') return { path, handler: request => optionsAnswer(whole, request) }
      const others = routesAt(path)
      if (others[0]) return { path: others[0].path, handler: request => optionsAnswer(others, request) }
    }
    return { path: 'none', handler: fallback ?? (() => noRoute(path, method)) }
  }

  function noRoute(path: string, method: string): never {
    const others = routesAt(path)
    if (others.length === 0 || others.some(other => other.method === method)) throw faults.NOT_FOUND()
    const allowed = methodsOf(others).filter(each => answersOptions || each !== 'OPTIONS')
    throw faults.METHOD_NOT_ALLOWED().with({ allow: allowed.join(', ') })
  }

  return (method, rawPath) => {
    // HEAD is answered as GET without the body, everywhere.
    const found = routeAt(method === 'HEAD' ? 'GET' : method, rawPath)
    return found ?? { route: withoutRoute(method, rawPath), params: {} }
  }
}

/** A path that is no percent-encoding stays as it came. */
export function safeDecode(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

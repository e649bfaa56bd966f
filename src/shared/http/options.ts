/**
 * OPTIONS (RFC 9110 9.3.7): which methods a path has; to a browser that asks before a page of another origin may send its request (Fetch,
 * CORS-preflight), what that may be. Pure.
 */
import type { HttpAnswer, HttpRequest, Route } from './route.ts'

/** A browser may keep the answer so long. */
const PREFLIGHT_MAX_AGE_SECONDS = 600

/** The methods of these routes, which are those of one path, or all of a table for `*`. HEAD is answered wherever GET is. */
export function methodsOf(routes: readonly Pick<Route, 'method'>[]): string[] {
  const methods = routes.flatMap(({ method }) => (method === 'GET' ? ['GET', 'HEAD'] : [method]))
  return [...new Set([...methods, 'OPTIONS'])]
}

/** The answer for these routes, of which there is at least one. */
export function optionsAnswer(
  routes: readonly Pick<Route, 'method' | 'crossOrigin'>[],
  { headers }: Pick<HttpRequest, 'headers'>,
): HttpAnswer {
  const methods = methodsOf(routes)
  const allow = { Allow: methods.join(', ') }
  const open = routes.filter(({ crossOrigin }) => crossOrigin !== undefined)
  const preflight = headers.origin !== undefined && headers['access-control-request-method'] !== undefined
  if (!preflight || open.length === 0) return { status: 204, headers: allow }
  return {
    status: 204,
    headers: {
      ...allow,
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Methods': methodsOf(open).join(', '),
      'Access-Control-Allow-Headers': [...new Set(open.flatMap(({ crossOrigin = [] }) => crossOrigin))].join(', '),
      'Access-Control-Max-Age': PREFLIGHT_MAX_AGE_SECONDS,
    },
  }
}

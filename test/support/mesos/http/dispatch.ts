/**
 * From a request line to an answer, without a socket: route table, JSONP, gzip. Own code instead of a router package,
 * because a path of Mesos may hold what such packages take for syntax: `/slave(1)/state`.
 */
import { gzipSync } from 'node:zlib'
import { isFault } from '../../../../src/shared/errors/fault.ts'
import { emptyAnswer, jsonAnswer, textAnswer } from './answers.ts'
import type { Answer, Route, RouteRequest } from './route.ts'

/** Shorter answers are never compressed, as in libprocess. */
const GZIP_MIN_BYTES = 1024

/** The route for a path and the values of its `:name` segments. */
export function findRoutes(routes: readonly Route[], path: string): { route: Route; params: Record<string, string> }[] {
  return routes.flatMap(route => {
    const params = route.paths.map(pattern => matchPath(pattern, path)).find(found => found !== undefined)
    return params ? [{ route, params }] : []
  })
}

function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  if (pattern === path) return {}
  const wanted = pattern.split('/')
  const found = path.split('/')
  if (!pattern.includes(':') || wanted.length !== found.length) return undefined
  const params: Record<string, string> = {}
  for (const [i, segment] of wanted.entries()) {
    const value = found[i] ?? ''
    if (segment.startsWith(':') && value !== '') params[segment.slice(1)] = value
    else if (segment !== value) return undefined
  }
  return params
}

export interface DispatchRequest {
  method: string
  url: string
  json: RouteRequest['json']
  acceptsGzip: boolean
}

/**
 * Faults become `{code, message, remedy}`; they only come from the private routes. Anything else thrown is a bug and
 * passes.
 */
export async function dispatch(routes: readonly Route[], request: DispatchRequest): Promise<Answer> {
  const target = parseTarget(request.url)
  if (!target) return emptyAnswer(400)
  const { path, query } = target
  const found = findRoutes(routes, path)
  if (found.length === 0) return emptyAnswer(404)
  const chosen = found.find(({ route }) => !route.method || route.method === request.method)
  if (!chosen)
    return wrongMethod(
      found.flatMap(({ route }) => route.method ?? []),
      request.method,
    )
  try {
    const answer = await chosen.route.handle({ path, query, params: chosen.params, json: request.json })
    return compress(wrapJsonp(answer, query.get('jsonp')), request.acceptsGzip)
  } catch (error) {
    if (!isFault(error)) throw error
    return jsonAnswer({ code: error.code, message: error.message, remedy: error.remedy }, 'by key', error.status)
  }
}

/** undefined for a percent sign that encodes nothing. */
function parseTarget(url: string): { path: string; query: URLSearchParams } | undefined {
  const [path = '/', query = ''] = url.split('?', 2)
  try {
    return { path: decodeURIComponent(path), query: new URLSearchParams(query) }
  } catch {
    return undefined
  }
}

function wrongMethod(allowed: readonly string[], found: string): Answer {
  const list = allowed.map(method => `'${method}'`).join(', ')
  const answer = textAnswer(405, `Expecting one of { ${list} }, but received '${found}'`)
  return { ...answer, headers: { ...answer.headers, Allow: allowed.join(', ') } }
}

function wrapJsonp(answer: Answer, callback: string | null): Answer {
  if (callback === null || answer.body === undefined || answer.headers?.['Content-Type'] !== 'application/json')
    return answer
  const body = Buffer.concat([Buffer.from(`${callback}(`), Buffer.from(answer.body), Buffer.from(');')])
  return { ...answer, headers: { ...answer.headers, 'Content-Type': 'text/javascript' }, body }
}

function compress(answer: Answer, accepted: boolean): Answer {
  if (!accepted || answer.body === undefined || Buffer.byteLength(answer.body) < GZIP_MIN_BYTES) return answer
  return { ...answer, headers: { ...answer.headers, 'Content-Encoding': 'gzip' }, body: gzipSync(answer.body) }
}

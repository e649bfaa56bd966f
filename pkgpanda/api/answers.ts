/** Answers in the form of 1.9 (pkgpanda 4): pretty-printed JSON with a newline, 204 without a body, errors as an object. */
import { type Fault, isFault } from '../../src/shared/errors/fault.ts'
import type { HttpAnswer, HttpRequest } from '../../src/shared/http/route.ts'
import { faults } from '../errors.ts'

/** Those that a fault may show; 1.9 answered 500 to everything else, whatever a newer route may call it. */
const SHOWN_STATUSES = [400, 403, 404, 405, 409, 413, 423]

export function prettyJson(value: unknown, status = 200, headers: Record<string, string> = {}): HttpAnswer {
  return {
    status,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: `${JSON.stringify(value, undefined, 2)}\n`,
  }
}

export const NO_CONTENT: HttpAnswer = { status: 204, headers: { 'Content-Type': 'application/json' } }

/** `{"error": …}` and nothing else, but for `missing_packages`. Code and remedy are for the journal. */
export function errorAnswer(fault: Fault): HttpAnswer {
  return prettyJson(errorBody(fault), errorStatus(fault))
}

export function errorBody({ message, details }: Fault): { error: string; missing_packages?: unknown } {
  const { missing_packages } = details
  return { error: message, ...(missing_packages === undefined ? {} : { missing_packages }) }
}

export function errorStatus({ status }: Fault): number {
  return SHOWN_STATUSES.includes(status) ? status : 500
}

/** What the system refused (a full disk, a read-only file system) is expected trouble, too. Anything else is a bug, thrown again. */
export function faultOf(error: unknown): Fault {
  if (isFault(error)) return error
  if (error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string')
    return faults.SYSTEM_REFUSED(error.message).because(error)
  throw error
}

/** 301 to the path with its slash. */
export function addSlash(request: HttpRequest): HttpAnswer {
  const query = request.rawQuery === '' ? '' : `?${request.rawQuery}`
  return { status: 301, headers: { Location: `${locationOf(request, `${request.path}/`)}${query}` } }
}

/** Absolute, since Admin Router puts `/pkgpanda/` in place of `http://HOST/` and leaves a bare path as it is (pkgpanda 4). */
export function locationOf({ headers }: HttpRequest, path: string): string {
  const host = headers.host ?? ''
  return /^[\w.:[\]-]+$/.test(host) ? `http://${host}${path}` : path
}

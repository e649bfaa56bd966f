// A request as a handler gets it, for tests that need no server.
import type { HttpRequest } from '../../src/shared/http/route.ts'

/** A GET of a client that stays, but for what `given` says. */
export function handlerRequest(path: string, given: Partial<HttpRequest> = {}): HttpRequest {
  return {
    method: 'GET',
    path,
    url: path,
    rawQuery: '',
    params: {},
    headers: {},
    remoteAddress: '',
    signal: new AbortController().signal,
    body: async () => Buffer.alloc(0),
    ...given,
  }
}

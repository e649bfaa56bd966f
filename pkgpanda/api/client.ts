/**
 * Who asks, for the journal: what X-Forwarded-For says, as the access log of 1.9 had it (pkgpanda 4). Anybody who reaches the socket
 * may write anything there, so nothing is ever decided by it. Pure.
 */
import type { HttpRequest } from '../../src/shared/http/route.ts'

const CLIENT_MAX_LENGTH = 200

export function clientOf({ headers, remoteAddress }: HttpRequest): string {
  const said = [headers['x-forwarded-for']].flat().join(', ')
  return printable(said || remoteAddress || 'a local client')
}

/** `10.0.0.7 "PUT /active/" 204`: one line a request, beginning with the client. */
export function accessLine(request: HttpRequest, status: number): string {
  return `${clientOf(request)} "${request.method} ${printable(request.url)}" ${status}`
}

function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, CLIENT_MAX_LENGTH)
}

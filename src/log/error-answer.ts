/** How dcos-log tells a fault to its client (log 4.8): the form of 1.9. */
import type { Fault } from '../shared/errors/fault.ts'
import { type HttpAnswer, type HttpRequest, textError } from '../shared/http/route.ts'

/** The sentence with the request around it; unknown routes get the router's own text. */
export function errorAnswer(fault: Fault, request: HttpRequest): HttpAnswer {
  const answer = textError(fault.status, sentenceOf(fault, request))
  const retryAfter = fault.details.retryAfterSeconds
  return typeof retryAfter === 'number'
    ? { ...answer, headers: { ...answer.headers, 'Retry-After': retryAfter } }
    : answer
}

function sentenceOf(fault: Fault, { path, url, remoteAddress, headers }: HttpRequest): string {
  if (fault.code.startsWith('HTTP_')) return fault.message
  if (path.startsWith('/v2/')) return bareSentence(fault)
  const message = fault.code.startsWith('JOURNAL_') ? `Error opening journal reader: ${fault.message}` : fault.message
  // '@' is how Go shows the nameless peer of a unix socket.
  const around = `request URI: ${url}; remote address: ${remoteAddress || '@'}; Accept: ${headers.accept ?? ''}; Proto: HTTP/1.1`
  return `Message: ${message} [${around}]`
}

/** In v2 there is nothing around it, and it begins in lower case where the sentence is v1's (log 7.1). */
function bareSentence({ code, message }: Fault): string {
  if (code.startsWith('JOURNAL_')) return `unable to open journald: ${message}`
  return code.startsWith('LOG_FILTER') ? message.charAt(0).toLowerCase() + message.slice(1) : message
}

/** 204 as 1.9 sends it: an error without its text, with the headers of the answer that it is instead of. */
export function noContent(headers: Record<string, string> = {}): HttpAnswer {
  const { headers: ofErrors } = textError(204, '')
  return { status: 204, headers: { ...headers, ...ofErrors } }
}

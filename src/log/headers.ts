/** Headers of answers (log 4.6, 7.1), and one of requests. */

/** Of all that have entries, lines or a listing of files, or would have. */
export const HEADERS = { 'Access-Control-Allow-Origin': '*', 'Cache-Control': 'no-cache' }

/** Of answers that go on: nginx, and so Admin Router, hands on what comes as it comes. */
export const UNBUFFERED = { 'X-Accel-Buffering': 'no' }

/** Of a header that came several times, the first. */
export function header(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}

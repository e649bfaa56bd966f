/** Headers of v2's answers (log 7.1), and one of its requests. */

export const HEADERS = { 'Access-Control-Allow-Origin': '*', 'Cache-Control': 'no-cache' }

export const EVENT_HEADERS = { ...HEADERS, 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' }

/** Of a header that came several times, the first. */
export function header(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}

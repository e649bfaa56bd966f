/** Times as 1.9 writes them: RFC 3339 in UTC. Pure. */

/** To the second, for ping: `2017-10-01T12:00:00Z`. */
export function secondsTimestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** Go's RFC3339Nano: trailing zeros of the fraction trimmed, `…:00.12Z`, `…:00Z`. Ours has ms at most. */
export function nanoTimestamp(ms: number): string {
  return new Date(ms).toISOString().replace(/\.?0+Z$/, 'Z')
}

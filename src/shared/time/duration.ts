/** Durations as Go writes them ("1h30m", "1.5s", "250ms"), which the 1.9 configuration files use. Inside, time is in ms. */
import { defineFaults } from '../errors/fault.ts'

export const faults = defineFaults('DURATION', {
  MALFORMED: {
    status: 400,
    message: (text: string) => `'${text}' is not a duration`,
    remedy: 'Write a number with a unit (ns, us, ms, s, m, h), for example 15s or 1h30m.',
  },
})

const UNIT_MS: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
}

/** Go's time.ParseDuration, in ms. `0` needs no unit. Throws DURATION_MALFORMED. */
export function parseDuration(text: string): number {
  const [, sign, rest] = /^([+-]?)(.+)$/.exec(text) ?? []
  if (rest === '0') return 0
  if (rest === undefined || !/^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/.test(rest))
    throw faults.MALFORMED(text)
  let ms = 0
  for (const [, number, unit] of rest.matchAll(/(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g)) {
    ms += Number(number) * (UNIT_MS[unit ?? ''] ?? Number.NaN)
  }
  return sign === '-' ? -ms : ms
}

/** ms → the shortest Go form: 90000 → "1m30s", 0.25 → "250µs", 0 → "0s". Below a second one unit with decimals, as Go prints. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s'
  const sign = ms < 0 ? '-' : ''
  // Rounded first (to the nanosecond above 1 ms), else 119999.9999999 ms would become 1m60s.
  const abs = Math.abs(ms) < 1 ? Math.abs(ms) : round(Math.abs(ms))
  if (abs < 1) return abs < 1e-3 ? `${sign}${round(abs * 1e6)}ns` : `${sign}${round(abs * 1e3)}µs`
  if (abs < 1000) return `${sign}${round(abs)}ms`
  const hours = Math.floor(abs / 3_600_000)
  const minutes = Math.floor(abs / 60_000) % 60
  const seconds = `${round((abs % 60_000) / 1000)}s`
  if (hours) return `${sign}${hours}h${minutes}m${seconds}`
  return minutes ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`
}

function round(value: number): number {
  return Number(value.toFixed(6))
}

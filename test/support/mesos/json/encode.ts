/**
 * JSON as Mesos 1.2 spells it: a double always shows a decimal point (`8192.0`), so that a client that tells integers
 * from doubles by it sees what a real Mesos would have sent.
 */

/** The keys whose values are doubles in Mesos, whatever document they stand in. */
const DOUBLE_KEYS = new Set([
  'activated_slaves',
  'avg_load_15min',
  'avg_load_1min',
  'avg_load_5min',
  'build_time',
  'cpus',
  'cpus_limit',
  'cpus_system_time_secs',
  'cpus_user_time_secs',
  'deactivated_slaves',
  'disk',
  'elected_time',
  'failover_timeout',
  'gpus',
  'mem',
  'mtime',
  'registered_time',
  'reregistered_time',
  'start_time',
  'timestamp',
  'unreachable_slaves',
  'unregistered_time',
  'value',
])

/** `all`: every number is a double, as in /metrics/snapshot. */
export function encodeJson(document: unknown, doubles: 'by key' | 'all' = 'by key'): string {
  return JSON.stringify(document, (key, value: unknown) => {
    const isDouble = typeof value === 'number' && (doubles === 'all' || DOUBLE_KEYS.has(key))
    return isDouble && Number.isInteger(value) ? rawJson(`${value}.0`) : value
  })
}

/** ECMAScript's JSON.rawJSON, which TypeScript's library does not declare yet. */
const { rawJSON: rawJson } = JSON as unknown as { rawJSON(text: string): unknown }

/** Mesos' timestamps: seconds with microseconds, here from ms since the epoch. */
export const toSeconds = (ms: number): number => Math.round(ms * 1000) / 1e6

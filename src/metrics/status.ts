/** The sentence that `systemctl status` shows. Pure. */
import type { CollectorResult } from '../shared/metrics/collector.ts'

export interface StatusFacts {
  role: string
  hostname: string
  datapoints: number
  ageMs: number
  results: readonly CollectorResult[]
  /** Where /v0 and /metrics are served. */
  v0: string
  prometheus: string
  relayed: number
  missing: readonly string[]
  stuck: readonly string[]
}

/** What is served, how fresh it is, then what is missing, if anything. */
export function statusSentence(facts: StatusFacts): string {
  const { role, hostname, datapoints, ageMs, results, v0, prometheus, relayed, missing, stuck } = facts
  const failing = results.filter(({ success }) => !success).map(({ name }) => name)
  const parts = [
    `${role} ${hostname}: ${datapoints} datapoints, sampled ${Math.round(ageMs / 1000)} s ago`,
    `/v0 on ${v0}, /metrics on ${prometheus}${relayed > 0 ? ` with ${relayed} other daemon${relayed === 1 ? '' : 's'}` : ''}`,
  ]
  if (missing.length > 0) parts.push(`waiting for ${missing.join(' and ')}`)
  if (failing.length > 0) parts.push(`failing: ${failing.join(', ')}`)
  if (stuck.length > 0) parts.push(`no answer from ${stuck.join(', ')}`)
  return parts.join('; ')
}

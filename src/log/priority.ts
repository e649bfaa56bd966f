/** `priority`: the levels of syslog (RFC 5424 6.2.1) from the most severe to this one → a match. Pure. */
import type { MatchClause } from '../shared/journal/matches.ts'
import { faults } from './errors.ts'

/** As journalctl(1) takes them; the second spelling is syslog(3)'s older one. */
const NAMES = [
  ['emerg', 'panic'],
  ['alert'],
  ['crit'],
  ['err', 'error'],
  ['warning', 'warn'],
  ['notice'],
  ['info'],
  ['debug'],
]

/** A number from 0 (emerg) to 7 (debug) or a name. Throws LOG_PRIORITY_INVALID. */
export function priorityClause(text: string): MatchClause {
  const level = /^[0-7]$/.test(text) ? Number(text) : NAMES.findIndex(names => names.includes(text.toLowerCase()))
  if (level < 0) throw faults.PRIORITY_INVALID(text)
  return Array.from({ length: level + 1 }, (_, each) => ({ field: 'PRIORITY', value: Buffer.from(String(each)) }))
}

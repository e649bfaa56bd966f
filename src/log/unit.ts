/** `unit`: what journalctl -u shows of a unit: what it wrote, and what systemd and other daemons of root say about it → matches. Pure. */
import type { FieldMatch, MatchClause } from '../shared/journal/matches.ts'
import { faults } from './errors.ts'

/** As systemd counts (unit_name_is_valid). */
const NAME_MAX = 255

/** Characters of systemd.unit(5), and something in front of an `@`. */
const NAME = /^(?!@)[A-Za-z0-9:_.\\@-]+$/

const SUFFIX = /.\.(service|socket|target|device|mount|automount|swap|timer|path|slice|scope)$/

/** Of what systemd-coredump writes (systemd's SD_MESSAGE_COREDUMP). */
const COREDUMP = 'fc2e22bc6ee647b6b90729ab34a250b1'

/** A name without one of the suffixes is that of a service. Throws LOG_UNIT_INVALID. */
export function unitClauses(name: string): MatchClause[] {
  const unit = SUFFIX.test(name) ? name : `${name}.service`
  if (!NAME.test(unit) || unit.length > NAME_MAX || name === '') throw faults.UNIT_INVALID(name)
  const match = (field: string, value: string): FieldMatch => ({ field, value: Buffer.from(value) })
  // journalctl asks for: own; or _PID and UNIT; or _UID and OBJECT_SYSTEMD_UNIT; or _UID, COREDUMP_UNIT and MESSAGE_ID. As clauses that
  // must all be met, that is each of the second with each of what the last two amount to. The rarest first: it leads the others.
  const own = [match('_SYSTEMD_UNIT', unit), ...(unit.endsWith('.slice') ? [match('_SYSTEMD_SLICE', unit)] : [])]
  const object = match('OBJECT_SYSTEMD_UNIT', unit)
  const ofManager = [match('UNIT', unit), match('_PID', '1')]
  const ofOthers = [
    [object, match('COREDUMP_UNIT', unit)],
    [object, match('MESSAGE_ID', COREDUMP)],
    [match('_UID', '0')],
  ]
  return ofManager.flatMap(manager => ofOthers.map(others => [...own, manager, ...others]))
}

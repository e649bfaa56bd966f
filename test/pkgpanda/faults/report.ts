/** What the battery did, as lines a person reads and one assertion a scenario. */
import type { Test } from 'tap'
import type { Sweep } from './battery.ts'
import type { PowerCuts } from './power-cut.ts'

/** In scenarios of one thread none is missed. */
const MISSED_SHARE_MAX = 0.1

/** Messages of one scenario that are shown: one defect has hundreds. */
const TROUBLES_MAX = 20

export function reportSweep(t: Test, name: string, { hits, missed, troubles, states }: Sweep, hidden: number): void {
  const count = [...hits.values()].reduce((sum, each) => sum + each, 0)
  const kinds = [...hits].map(([kind, each]) => `${kind} ${each}`).sort()
  t.comment(`${name}: ${count} points hit (${kinds.join(', ')}), ${states} different states mended`)
  if (hidden > 0) t.comment(`${name}: ${hidden} calls of other threads cannot be aimed at`)
  t.ok(count > 0, `${name}: there are points`)
  for (const point of missed) t.comment(`${name}: not hit, ${point}`)
  // strace counts each kind of call a thread for itself, and the turns of threads differ: few may be missed, and each is told.
  const share = missed.length / (missed.length + count)
  t.ok(
    share <= MISSED_SHARE_MAX,
    `${name}: ${missed.length} of ${missed.length + count} enumerated points were not hit`,
  )
  t.strictSame(troubles.slice(0, TROUBLES_MAX), [], `${name}: the old set or the new one, nothing half`)
}

export function reportPowerCuts(t: Test, name: string, { cuts, states, troubles }: PowerCuts): void {
  t.comment(`${name}: the power was cut at ${cuts} moments, ${states} different states mended`)
  t.ok(states > 0, `${name}: there are states`)
  t.strictSame(troubles.slice(0, TROUBLES_MAX), [], `${name}: the old set or the new one, nothing half`)
}

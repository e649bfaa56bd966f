/** What the battery did, as lines a person reads and one assertion a scenario. */
import type { Test } from 'tap'
import type { Sweep } from './battery.ts'
import type { PowerCuts } from './power-cut.ts'

/** Messages of one scenario that are shown: one defect has hundreds. */
const TROUBLES_MAX = 20

export function reportSweep(t: Test, name: string, { hits, missed, troubles, states }: Sweep, hidden: number): void {
  const count = [...hits.values()].reduce((sum, each) => sum + each, 0)
  const kinds = [...hits].map(([kind, each]) => `${kind} ${each}`).sort()
  t.comment(`${name}: ${count} points hit (${kinds.join(', ')}), ${states} different states mended`)
  if (hidden > 0) t.comment(`${name}: ${hidden} calls of other threads cannot be aimed at`)
  t.ok(count > 0, `${name}: there are points`)
  t.strictSame(missed.slice(0, TROUBLES_MAX), [], `${name}: every point that was enumerated is hit`)
  t.strictSame(troubles.slice(0, TROUBLES_MAX), [], `${name}: the old set or the new one, nothing half`)
}

export function reportPowerCuts(t: Test, name: string, { cuts, states, troubles }: PowerCuts): void {
  t.comment(`${name}: the power was cut at ${cuts} moments, ${states} different states mended`)
  t.ok(states > 0, `${name}: there are states`)
  t.strictSame(troubles.slice(0, TROUBLES_MAX), [], `${name}: the old set or the new one, nothing half`)
}

/**
 * Faults in the shipped program, a small set: killed before every call that changes what an activation finds on the disk, killed
 * in recovery. A disk that refuses: refused.test.ts. All scenarios and all calls: test/long/faults-*.test.ts.
 */
import t from 'tap'
import { prepare, sweep } from './battery.ts'
import type { Kind } from './points.ts'
import { reportSweep } from './report.ts'
import { sourceRunner } from './runner.ts'
import { recoveryScenario, scenarioNamed } from './scenarios.ts'
import { noFaults, openWorkshop, scratchOf } from './workshop.ts'

const TIMEOUT_MS = 280_000
const skip = noFaults()

/** Before an fsync or a chmod the disk holds what it holds before the call after it. */
const CHANGES: readonly Kind[] = ['open', 'write', 'mkdir', 'symlink', 'link', 'rename', 'remove']
/** Of recovery the rest is what an activation does as well. */
const NAMES: readonly Kind[] = ['rename']

const rows = [
  { scenario: scenarioNamed('activate'), kinds: CHANGES },
  { scenario: recoveryScenario(12), kinds: NAMES },
] as const

t.test('killed', { skip, timeout: TIMEOUT_MS }, async t => {
  const workshop = await openWorkshop(t)
  for (const { scenario, kinds } of rows) {
    const scratch = scratchOf(workshop, scenario.name)
    const prepared = await prepare(workshop, scenario, scratch)
    const found = await sweep(workshop, scenario, prepared, scratch, {
      ...{ faults: ['kill'], runner: sourceRunner, parallel: 2, only: ({ kind }) => kinds.includes(kind) },
    })
    reportSweep(t, scenario.name, found, prepared.hidden)
  }
})

/**
 * Faults in the shipped program, a small set: killed before every call that changes what an activation finds on the disk, killed
 * in recovery, a disk that refuses. All scenarios and all calls: test/long/faults.test.ts.
 */
import t from 'tap'
import { prepare, sweep } from '../faults/battery.ts'
import type { Kind } from '../faults/points.ts'
import { reportSweep } from '../faults/report.ts'
import { sourceRunner } from '../faults/runner.ts'
import { recoveryScenario, scenarioNamed } from '../faults/scenarios.ts'
import { noFaults, openWorkshop, scratchOf } from '../faults/workshop.ts'

const TIMEOUT_MS = 110_000
const skip = noFaults()

/** Before an fsync or a chmod the disk holds what it holds before the call after it. */
const CHANGES: readonly Kind[] = ['open', 'write', 'mkdir', 'symlink', 'link', 'rename', 'remove']
/** Of recovery the rest is what an activation does as well. */
const NAMES: readonly Kind[] = ['rename', 'remove']

const rows = [
  { scenario: scenarioNamed('activate'), faults: ['kill'], kinds: CHANGES },
  { scenario: recoveryScenario(12), faults: ['kill'], kinds: NAMES },
  { scenario: scenarioNamed('add'), faults: ['ENOSPC', 'EIO'], kinds: [...CHANGES, 'sync'] },
] as const

t.test('killed, refused', { skip, timeout: TIMEOUT_MS }, async t => {
  const workshop = await openWorkshop(t)
  for (const { scenario, faults, kinds } of rows) {
    const scratch = scratchOf(workshop, scenario.name)
    const prepared = await prepare(workshop, scenario, scratch)
    const found = await sweep(workshop, scenario, prepared, scratch, {
      ...{ faults, runner: sourceRunner, parallel: 2, only: ({ kind }) => kinds.includes(kind) },
    })
    reportSweep(t, scenario.name, found, prepared.hidden)
  }
})

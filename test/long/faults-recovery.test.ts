/** The fault battery, last part: recovery itself is killed at every call, from every rename of an exchange on. */
import t from 'tap'
import { prepare, sweep } from '../pkgpanda/faults/battery.ts'
import { reportSweep } from '../pkgpanda/faults/report.ts'
import { sourceRunner } from '../pkgpanda/faults/runner.ts'
import { recoveryScenario, SWAP_RENAMES } from '../pkgpanda/faults/scenarios.ts'
import { noFaults, openWorkshop, scratchOf } from '../pkgpanda/faults/workshop.ts'

const TIMEOUT_MS = 55 * 60_000

t.test('killed in recovery, everywhere', { skip: noFaults(), timeout: TIMEOUT_MS }, async t => {
  const workshop = await openWorkshop(t)
  for (let renames = 1; renames <= SWAP_RENAMES; renames++) {
    const scenario = recoveryScenario(renames)
    const scratch = scratchOf(workshop, scenario.name)
    const prepared = await prepare(workshop, scenario, scratch)
    const found = await sweep(workshop, scenario, prepared, scratch, {
      ...{ faults: ['kill'], runner: sourceRunner, parallel: 2 },
    })
    reportSweep(t, scenario.name, found, prepared.hidden)
  }
})

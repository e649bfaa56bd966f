/** The fault battery, first part: the shipped program is killed at every call that changes the node, in every scenario. */
import t from 'tap'
import { prepare, sweep } from '../pkgpanda/faults/battery.ts'
import { reportSweep } from '../pkgpanda/faults/report.ts'
import { programRunner, sourceRunner } from '../pkgpanda/faults/runner.ts'
import { SCENARIOS } from '../pkgpanda/faults/scenarios.ts'
import { noFaults, openWorkshop, scratchOf } from '../pkgpanda/faults/workshop.ts'

const TIMEOUT_MS = 55 * 60_000

t.test('killed, everywhere', { skip: noFaults(), timeout: TIMEOUT_MS }, async t => {
  const workshop = await openWorkshop(t)
  for (const scenario of SCENARIOS) {
    const scratch = scratchOf(workshop, scenario.name)
    const prepared = await prepare(workshop, scenario, scratch)
    // What comes after is the same code everywhere: by the program itself once, by its sources in a tenth of the time elsewhere.
    const runner = scenario.name === 'activate' ? programRunner(workshop.program) : sourceRunner
    const found = await sweep(workshop, scenario, prepared, scratch, { faults: ['kill'], runner, parallel: 2 })
    reportSweep(t, scenario.name, found, prepared.hidden)
  }
})

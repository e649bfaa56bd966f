/** The fault battery, second part: a disk that is full (ENOSPC) or broken (EIO) at every call, in every scenario. */
import t from 'tap'
import { prepare, sweep } from '../pkgpanda/faults/battery.ts'
import { reportSweep } from '../pkgpanda/faults/report.ts'
import { sourceRunner } from '../pkgpanda/faults/runner.ts'
import { SCENARIOS } from '../pkgpanda/faults/scenarios.ts'
import { noFaults, openWorkshop, scratchOf } from '../pkgpanda/faults/workshop.ts'

const TIMEOUT_MS = 55 * 60_000

t.test('refused, everywhere', { skip: noFaults(), timeout: TIMEOUT_MS }, async t => {
  const workshop = await openWorkshop(t)
  for (const scenario of SCENARIOS) {
    const scratch = scratchOf(workshop, scenario.name)
    const prepared = await prepare(workshop, scenario, scratch)
    const found = await sweep(workshop, scenario, prepared, scratch, {
      ...{ faults: ['ENOSPC', 'EIO'], runner: sourceRunner, parallel: 2 },
    })
    reportSweep(t, scenario.name, found, prepared.hidden)
  }
})

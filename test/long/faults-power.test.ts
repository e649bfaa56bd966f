/** The fault battery, third part: the power is cut after every change, in every scenario, in a model of the disk. */
import t from 'tap'
import { prepare } from '../pkgpanda/faults/battery.ts'
import { cutPower } from '../pkgpanda/faults/power-cut.ts'
import { reportPowerCuts } from '../pkgpanda/faults/report.ts'
import { sourceRunner } from '../pkgpanda/faults/runner.ts'
import { SCENARIOS } from '../pkgpanda/faults/scenarios.ts'
import { noFaults, openWorkshop, scratchOf } from '../pkgpanda/faults/workshop.ts'

const TIMEOUT_MS = 55 * 60_000

t.test('without power, everywhere', { skip: noFaults(), timeout: TIMEOUT_MS }, async t => {
  const workshop = await openWorkshop(t)
  for (const scenario of SCENARIOS) {
    const scratch = scratchOf(workshop, scenario.name)
    const prepared = await prepare(workshop, scenario, scratch)
    const cuts = await cutPower(workshop, scenario, prepared, scratch, { runner: sourceRunner, cuts: 'every' })
    reportPowerCuts(t, scenario.name, cuts)
  }
})

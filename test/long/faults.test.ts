/**
 * The whole fault battery on the shipped program: every scenario, killed and refused at every call that changes the node, recovery
 * killed at every call from every rename on, the power cut after every change. Hours of one node's life in a quarter of an hour.
 */
import t from 'tap'
import { prepare, sweep } from '../faults/battery.ts'
import { cutPower } from '../faults/power-cut.ts'
import { reportPowerCuts, reportSweep } from '../faults/report.ts'
import { programRunner, sourceRunner } from '../faults/runner.ts'
import { recoveryScenario, SCENARIOS, SWAP_RENAMES } from '../faults/scenarios.ts'
import { noFaults, openWorkshop, scratchOf } from '../faults/workshop.ts'

const TIMEOUT_MS = 55 * 60_000

t.test('every fault, everywhere', { skip: noFaults(), timeout: TIMEOUT_MS }, async t => {
  const workshop = await openWorkshop(t)
  for (const scenario of SCENARIOS) {
    const scratch = scratchOf(workshop, scenario.name)
    const prepared = await prepare(workshop, scenario, scratch)
    const runner = programRunner(workshop.program)
    const kills = await sweep(workshop, scenario, prepared, scratch, { faults: ['kill'], runner, parallel: 2 })
    reportSweep(t, scenario.name, kills, prepared.hidden)
    const refusals = await sweep(workshop, scenario, prepared, scratch, {
      ...{ faults: ['ENOSPC', 'EIO'], runner: sourceRunner, parallel: 2 },
    })
    reportSweep(t, scenario.name, refusals, prepared.hidden)
    const cuts = await cutPower(workshop, scenario, prepared, scratch, { runner: sourceRunner, cuts: 'every' })
    reportPowerCuts(t, scenario.name, cuts)
  }
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

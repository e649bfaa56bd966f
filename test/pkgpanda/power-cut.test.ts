/**
 * The power cut in an activation of the shipped program, at each fsync and at the end, in a model of the disk
 * (test/pkgpanda/faults/disk-model.ts). Every command, after every change: test/long/faults-*.test.ts.
 */
import t from 'tap'
import { prepare } from './faults/battery.ts'
import { cutPower } from './faults/power-cut.ts'
import { reportPowerCuts } from './faults/report.ts'
import { sourceRunner } from './faults/runner.ts'
import { scenarioNamed } from './faults/scenarios.ts'
import { noFaults, openWorkshop, scratchOf } from './faults/workshop.ts'

const TIMEOUT_MS = 280_000

t.test('power cuts', { skip: noFaults(), timeout: TIMEOUT_MS }, async t => {
  const workshop = await openWorkshop(t)
  for (const name of ['activate', 'remove']) {
    const scenario = scenarioNamed(name)
    const scratch = scratchOf(workshop, name)
    const prepared = await prepare(workshop, scenario, scratch)
    reportPowerCuts(
      t,
      name,
      await cutPower(workshop, scenario, prepared, scratch, { runner: sourceRunner, cuts: 'fsync' }),
    )
  }
})

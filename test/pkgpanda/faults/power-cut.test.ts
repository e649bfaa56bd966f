/**
 * The power cut in an activation of the shipped program, at each fsync and at the end, in a model of the disk
 * (test/pkgpanda/faults/disk-model.ts). Every command, after every change: test/long/faults-*.test.ts.
 */
import t from 'tap'
import { prepare } from './battery.ts'
import { cutPower } from './power-cut.ts'
import { reportPowerCuts } from './report.ts'
import { sourceRunner } from './runner.ts'
import { scenarioNamed } from './scenarios.ts'
import { noFaults, openWorkshop, scratchOf } from './workshop.ts'

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

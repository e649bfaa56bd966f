/** The shipped program on a disk that refuses any one call: `remove`, a small command. All of them: test/long/faults-*.test.ts. */
import t from 'tap'
import { prepare, sweep } from './battery.ts'
import { reportSweep } from './report.ts'
import { sourceRunner } from './runner.ts'
import { scenarioNamed } from './scenarios.ts'
import { noFaults, openWorkshop, scratchOf } from './workshop.ts'

const TIMEOUT_MS = 280_000

t.test('ENOSPC, EIO', { skip: noFaults(), timeout: TIMEOUT_MS }, async t => {
  const workshop = await openWorkshop(t)
  const scenario = scenarioNamed('remove')
  const scratch = scratchOf(workshop, scenario.name)
  const prepared = await prepare(workshop, scenario, scratch)
  const found = await sweep(workshop, scenario, prepared, scratch, {
    ...{ faults: ['ENOSPC', 'EIO'], runner: sourceRunner, parallel: 2, only: ({ kind }) => kind !== 'read' },
  })
  reportSweep(t, scenario.name, found, prepared.hidden)
})

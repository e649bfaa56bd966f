/**
 * /metrics and /v0/node of each fake machine, byte for byte, with `test/golden/metrics`. `npm run golden` writes them anew: review the
 * difference. Our own metrics are not in it: they are this process's.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type NodeContext, nodeCollectors } from '../../src/metrics/collectors/node.ts'
import { createStatfsProbe } from '../../src/metrics/collectors/statfs-probe.ts'
import { createExposition } from '../../src/metrics/prometheus/exposition.ts'
import { createRelay } from '../../src/metrics/prometheus/relay.ts'
import { createStore } from '../../src/metrics/store.ts'
import { node } from '../../src/metrics/v0/node.ts'
import { createLog } from '../../src/shared/log/journald.ts'
import { createCollectorRunner } from '../../src/shared/metrics/collector.ts'
import { createMetrics } from '../../src/shared/metrics/registry.ts'
import { createDrivenClock } from '../support/clock.ts'
import { collectRound, FIXTURES, MACHINES, machine, PROBE_TIMEOUT_MS } from './machine.ts'

const GOLDEN = join(FIXTURES, '../golden/metrics')
const DIMENSIONS = { mesos_id: 'S0', cluster_id: '4c7e4ad2-0000-4000-8000-000000000001', hostname: '10.0.0.5' }

for (const name of MACHINES) {
  t.test(name, async t => {
    const clock = createDrivenClock(Date.parse('2026-11-22T14:32:45.780Z'))
    const log = createLog({ write: () => {} })
    const { roots, statfs } = machine(name)
    const context: NodeContext = {
      roots,
      statfs: createStatfsProbe({ statfs, clock, timeoutMs: PROBE_TIMEOUT_MS }),
      reportMountsLeftOut: () => {},
    }
    const runner = createCollectorRunner({ collectors: nodeCollectors(), context, timeoutMs: 10_000, clock, log })
    await collectRound(runner, clock)

    const store = createStore({ expiryMs: 120_000, clock })
    for (const { datapoints } of runner.results()) store.put(datapoints, clock.nowMs())
    const exposition = createExposition({
      results: () => runner.results(),
      dimensions: () => DIMENSIONS,
      metrics: createMetrics('golden'),
      relay: createRelay({ directory: join(FIXTURES, 'machines', name, 'run'), log }),
      expiryMs: 60_000,
      clock,
    })
    const message = await node(store, () => DIMENSIONS)({} as never)
    const json = `${JSON.stringify(JSON.parse(String(message.body)), null, 1)}\n`
    same(t, `${name}.prom`, await exposition.text())
    same(t, `${name}.json`, json)
    const text = await exposition.text()
    clock.jumpTo(clock.nowMs() + 3_600_000)
    t.equal(await exposition.text(), text, 'a wall clock that was set ends no series')
    clock.jumpTo(clock.nowMs() - 7_200_000)
    await clock.run(60_000)
    t.equal(await exposition.text(), '', 'nothing old is told as new')
  })
}

function same(t: { equal: (found: string, wanted: string, what: string) => void }, file: string, text: string): void {
  const path = join(GOLDEN, file)
  if (process.env.GOLDEN) {
    mkdirSync(GOLDEN, { recursive: true })
    writeFileSync(path, text)
  }
  t.equal(text, readFileSync(path, 'utf8'), file)
}

/** Several HTTP servers of one daemon share the metric families and are told apart by the label `server`. */
import t from 'tap'
import { fetchBytes } from '../../../src/shared/http/client.ts'
import { startHttpServer } from '../../../src/shared/http/server.ts'
import { createLog } from '../../../src/shared/log/journald.ts'
import { createMetrics } from '../../../src/shared/metrics/registry.ts'

t.test('two servers on one registry count for themselves', async t => {
  const metrics = createMetrics('test')
  const common = { routes: [], listener: { host: '127.0.0.1', port: 0 }, log: createLog({ write: () => {} }), metrics }
  await using a = await startHttpServer({ ...common, server: 'a' })
  await using b = await startHttpServer(common)
  await fetchBytes(`http://127.0.0.1:${a.port}/x`, { timeoutMs: 5000, limitBytes: 1000 })
  t.not(a.port, b.port)
  const text = await metrics.text()
  t.match(text, 'test_http_requests_total{server="a",route="none",method="GET",status="404"} 1\n')
  t.match(text, 'test_http_bugs_total{server="a"} 0\n')
  t.match(text, 'test_http_connections_dropped_total{server="main"} 0\n', 'main unless named, from zero on')
  t.notMatch(text, 'http_requests_total{server="main"')
})

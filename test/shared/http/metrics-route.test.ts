// /metrics as a route of any daemon: the text and its type, made once for all who ask at the same time, and again if it failed.
import t from 'tap'
import { metricsRoute } from '../../../src/shared/http/metrics-route.ts'
import type { HttpRequest } from '../../../src/shared/http/route.ts'
import { createMetrics } from '../../../src/shared/metrics/registry.ts'

const request = {} as HttpRequest

t.test('the registry in the text format 0.0.4', async t => {
  const metrics = createMetrics('x')
  metrics.counter({ name: 'things_total', help: 'Things.' }).inc(3)
  const { path, handler } = metricsRoute(metrics, 'x 1')
  t.equal(path, '/metrics')
  t.same(await handler(request), {
    status: 200,
    headers: {
      'Content-Type': metrics.registry.contentType,
      'Cache-Control': 'no-cache',
      'X-Content-Type-Options': 'nosniff',
    },
    body: await metrics.text(),
  })
})

t.test('who asks at the same time gets the same text; the next one a new one, after a failure too', async t => {
  let made = 0
  const fails = [false, true, false]
  const { handler } = metricsRoute(
    {
      async text() {
        if (fails[made++]) throw new Error('broken')
        return `${made}\n`
      },
    },
    'x 1',
  )
  const [a, b] = await Promise.all([handler(request), handler(request)])
  t.same([a.body, b.body], ['1\n', '1\n'])
  await t.rejects(async () => handler(request), { message: 'broken' })
  t.equal((await handler(request)).body, '3\n')
})

/** `answered`: a daemon's own line about each request, whatever answered it. */
import t from 'tap'
import { fetchBytes } from '../../../src/shared/http/client.ts'
import { startHttpServer } from '../../../src/shared/http/server.ts'
import { createLog } from '../../../src/shared/log/journald.ts'
import { createMetrics } from '../../../src/shared/metrics/registry.ts'

t.test('it is told of answers, faults, bugs and unknown paths', async t => {
  const told: string[] = []
  await using server = await startHttpServer({
    routes: [
      { method: 'GET', path: '/well', handler: () => ({ status: 204 }), contract: 'x' },
      {
        method: 'GET',
        path: '/bug',
        contract: 'x',
        handler: () => {
          throw new TypeError('a bug')
        },
      },
    ],
    answered: ({ method, url }, status, seconds) => {
      t.ok(seconds >= 0 && seconds < 60)
      told.push(`${method} ${url} ${status}`)
    },
    listener: { host: '127.0.0.1', port: 0 },
    log: createLog({ write: () => {} }),
    metrics: createMetrics('test'),
  })
  for (const path of ['/well?a=b', '/bug', '/none']) {
    const options = { timeoutMs: 5_000, limitBytes: 1_000 }
    await fetchBytes(`http://127.0.0.1:${server.port}${path}`, options).catch(() => {})
  }
  t.strictSame(told, ['GET /well?a=b 204', 'GET /bug 500', 'GET /none 404'])
})

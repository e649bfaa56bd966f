// A handler that ends because its client has gone is not counted, or logged, as a bug.
import { once } from 'node:events'
import { connect } from 'node:net'
import t from 'tap'
import { startHttpServer } from '../../../src/shared/http/server.ts'
import { createLog } from '../../../src/shared/log/journald.ts'
import { createMetrics } from '../../../src/shared/metrics/registry.ts'

t.test('the client goes before the handler has answered', async t => {
  const lines: string[] = []
  const metrics = createMetrics('log')
  let asked = () => {}
  const asking = new Promise<void>(resolve => {
    asked = resolve
  })
  let ended = () => {}
  const ending = new Promise<void>(resolve => {
    ended = resolve
  })
  const server = await startHttpServer({
    routes: [
      {
        method: 'GET',
        path: '/',
        contract: 'kit',
        async handler({ signal }) {
          asked()
          await once(signal, 'abort')
          setImmediate(ended)
          signal.throwIfAborted()
          return { status: 200 }
        },
      },
    ],
    listener: { host: '127.0.0.1', port: 0 },
    log: createLog({ write: line => void lines.push(line) }),
    metrics,
  })
  const client = connect(server.port, '127.0.0.1')
  client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
  await asking
  client.destroy()
  await ending
  await server[Symbol.asyncDispose]()
  t.same(lines, [])
  t.match(await metrics.text(), /dcos_log_http_bugs_total\{server="main"\} 0/)
})

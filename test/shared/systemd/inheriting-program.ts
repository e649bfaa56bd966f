/** For inherited-sockets.test.ts: serves what it was handed, by name, and tells whether its children are handed it too. */
import { spawnSync } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { startHttpServer } from '../../../src/shared/http/server.ts'
import { runDaemon } from '../../../src/shared/lifecycle/daemon.ts'
import { inheritedSocketNamed } from '../../../src/shared/systemd/listen-fds.ts'

runDaemon('dcos-example', async ({ env, log, metrics, ready }) => {
  const handler = (from: string) => () => ({ status: 200, body: from })
  const serve = (name: string) => {
    const listener = inheritedSocketNamed(env, name)
    if (!listener) throw new TypeError(`no socket '${name}'`)
    const routes = [{ method: 'GET', path: '/', handler: handler(name), contract: 'kit' } as const]
    return startHttpServer({ server: name, routes, listener, log, metrics })
  }
  await using http = await serve('http')
  await using local = await serve('local')
  const datagrams = createSocket('udp4')
  datagrams.on('message', (bytes, { port, address }) => datagrams.send(`dns ${bytes}`, port, address))
  const listening = new Promise(resolve => datagrams.once('listening', resolve))
  datagrams.bind({ fd: inheritedSocketNamed(env, 'dns')?.fd ?? -1 })
  await listening
  // systemd passes them without close-on-exec: a child that kept one would hold the port after we have gone.
  const { stdout } = spawnSync('sh', ['-c', 'for fd in 3 4 5; do test -S /proc/self/fd/$fd && echo $fd; done'])
  await ready(`${http.port > 0} ${local.address} inherited by children: ${stdout}.`)
  datagrams.close()
})

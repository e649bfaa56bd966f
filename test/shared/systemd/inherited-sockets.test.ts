/** Real sockets, opened by somebody else and handed over as systemd does: TCP, UNIX and UDP, found by name, none passed on. */
import { spawn } from 'node:child_process'
import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { renameSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { fetchBytes } from '../../../src/shared/http/client.ts'

const PROGRAM = join(import.meta.dirname, 'inheriting-program.ts')

/** The descriptor behind a socket of Node, which has no public name for it. */
function descriptorOf(socket: Server | Socket): number {
  const state = Object.getOwnPropertySymbols(socket).find(symbol => symbol.description === 'state symbol')
  const ofDatagrams = state && (socket as unknown as Record<symbol, { handle: { fd: number } }>)[state]?.handle
  return (ofDatagrams ?? (socket as unknown as { _handle: { fd: number } })._handle).fd
}

t.test('TCP, UNIX and UDP by name', async t => {
  const path = join(t.testdir({}), 's')
  const tcp = createServer().listen(0, '127.0.0.1')
  const unix = createServer().listen(path)
  await Promise.all([once(tcp, 'listening'), once(unix, 'listening')])
  const udp = createSocket('udp4').bind(0, '127.0.0.1')
  await once(udp, 'listening')
  const descriptors = [udp, tcp, unix].map(descriptorOf)
  t.ok(
    descriptors.every(fd => fd > 2),
    'there are descriptors to hand over',
  )
  // Only the process itself can know its number before it starts.
  const child = spawn('sh', ['-c', 'LISTEN_PID=$$ exec "$0" "$@"', process.execPath, PROGRAM], {
    env: { PATH: process.env.PATH, LISTEN_FDS: '3', LISTEN_FDNAMES: 'dns:http:local', NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'ignore', 'pipe', ...descriptors],
  })
  t.teardown(() => void child.kill('SIGKILL'))
  let said = ''
  child.stderr?.on('data', chunk => {
    said += chunk
  })
  const closed = once(child, 'close')
  while (!said.includes('ready') && child.exitCode === null) await new Promise(resolve => setTimeout(resolve, 5))
  t.match(said, "status='true local inherited by children: .'")

  const options = { timeoutMs: 5000, limitBytes: 100 }
  const { port } = tcp.address() as AddressInfo
  const udpPort = udp.address().port
  // From here on only the child takes what arrives. A closing server removes its path, unless it has another name by then.
  renameSync(path, `${path}2`)
  for (const socket of [tcp, unix, udp]) socket.close()
  t.equal((await fetchBytes(`http://127.0.0.1:${port}/`, options)).body.toString(), 'http')
  t.equal((await fetchBytes('http://x/', { ...options, socketPath: `${path}2` })).body.toString(), 'local')
  const asking = createSocket('udp4')
  asking.send('ready.spartan', udpPort, '127.0.0.1')
  const [answer] = (await once(asking, 'message')) as [Buffer]
  t.equal(answer.toString(), 'dns ready.spartan')
  asking.close()
  child.kill('SIGTERM')
  t.same(await closed, [0, null])
})

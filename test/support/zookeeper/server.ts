/** One real ZooKeeper server on a loopback port, with its data in a temporary directory, gone with the test. */
import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { JAVA, ZOOKEEPER_JAR } from './install.ts'

export interface ZooKeeperServer extends AsyncDisposable {
  /** `127.0.0.1:port` */
  readonly address: string
  /** The process stops answering and keeps its connections, as one that hangs. */
  freeze(): void
  thaw(): void
  /** kill -9; the data stay. */
  kill(): Promise<void>
  /** Starts again after kill(), on the same port and data. */
  restart(): Promise<void>
  /** After kill(): it will know no node and no session any more, as a server that was installed anew. */
  forget(): Promise<void>
}

/** Short, so that a session may end after 200 ms (2 ticks) instead of some seconds. */
const TICK_MS = 100
/** Not 20 ticks: whoever does not ask for a short session must not lose it because the machine is busy for two seconds. */
const SESSION_MAX_MS = 60_000
/**
 * Below the ports that Linux gives to whoever connects (ip_local_port_range). While the server is killed another test could get its
 * port, and a client that knocks could even be given the very port it knocks at and meet itself.
 */
const PORTS = { first: 20_000, end: 32_768 }
const PORT_TRIES = 20
const START_LIMIT_MS = 25_000
/** A server that is just starting may take a connection and never answer it. */
const PROBE_LIMIT_MS = 500
const POLL_MS = 50

export async function startZooKeeper(): Promise<ZooKeeperServer> {
  const directory = await mkdtemp(join(tmpdir(), 'zookeeper-'))
  const port = await freePort()
  const config = join(directory, 'zoo.cfg')
  await writeFile(
    config,
    [
      `dataDir=${directory}/data`,
      'clientPortAddress=127.0.0.1',
      `clientPort=${port}`,
      `tickTime=${TICK_MS}`,
      `maxSessionTimeout=${SESSION_MAX_MS}`,
      'admin.enableServer=false',
      '4lw.commands.whitelist=ruok',
    ].join('\n'),
  )
  let child = await start(config, port)
  return {
    address: `127.0.0.1:${port}`,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    kill: () => end(child),
    async restart() {
      child = await start(config, port)
    },
    forget: () => rm(join(directory, 'data'), { recursive: true, force: true }),
    async [Symbol.asyncDispose]() {
      await end(child)
      await rm(directory, { recursive: true, force: true })
    },
  }
}

async function start(config: string, port: number): Promise<ChildProcess> {
  // It must not outlive a test that was killed.
  const bound = ['--pdeathsig', 'KILL', JAVA]
  const options = ['-Xmx96m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-cp', ZOOKEEPER_JAR]
  const child = spawn('setpriv', [...bound, ...options, 'org.apache.zookeeper.server.ZooKeeperServerMain', config], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const errors = text(child.stderr)
  const limit = performance.now() + START_LIMIT_MS
  while (!(await isServing(port))) {
    if (child.exitCode !== null) throw new Error(`ZooKeeper ended with status ${child.exitCode}: ${await errors}`)
    if (performance.now() > limit) {
      await end(child)
      throw new Error(`ZooKeeper does not answer within ${START_LIMIT_MS} ms: ${await errors}`)
    }
    await sleep(POLL_MS)
  }
  return child
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

async function isServing(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  socket.setTimeout(PROBE_LIMIT_MS, () => socket.destroy())
  try {
    socket.end('ruok')
    return (await text(socket)) === 'imok'
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}

/** ZooKeeper does not tell which port it took for 0. */
async function freePort(): Promise<number> {
  for (let i = 0; i < PORT_TRIES; i++) {
    const port = randomInt(PORTS.first, PORTS.end)
    const server = createServer().listen(port, '127.0.0.1')
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    )
    if (!isFree) continue
    server.close()
    await once(server, 'close')
    return port
  }
  throw new Error(`no free port among ${PORT_TRIES} of ${PORTS.first} to ${PORTS.end - 1}`)
}

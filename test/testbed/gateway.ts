/**
 * A way from this machine into the nodes' network, which has none by design. One half listens on loopback ports, the
 * other sits in the switch's network namespace; a socket file, which crosses network namespaces, joins them. On each
 * connection the first half says where to in one line `HOST:PORT\n`, then bytes are passed on both ways.
 */
import { chmod, rm } from 'node:fs/promises'
import { createConnection, createServer, type Server, type Socket } from 'node:net'
import { pipeline } from 'node:stream/promises'

export interface Forward {
  /** Port of 127.0.0.1. */
  port: number
  /** `HOST:PORT` on the nodes' network. */
  target: string
}

/** The line that names the target is at most this long. */
const TARGET_LIMIT_BYTES = 64
const TARGET_FORM = /^(\d{1,3}(?:\.\d{1,3}){3}):(\d{1,5})$/

/** The half inside: takes connections at `socketFile`, only from this user. */
export async function startRelay(socketFile: string): Promise<AsyncDisposable> {
  await rm(socketFile, { force: true })
  const server = createServer({ allowHalfOpen: true }, socket => void relay(socket))
  await listening(server, () => server.listen(socketFile))
  await chmod(socketFile, 0o600)
  return closing([server])
}

/** The half outside: one loopback port a forward. Rejects with the system's error when a port is taken. */
export async function startForwards(forwards: readonly Forward[], socketFile: string): Promise<AsyncDisposable> {
  const servers = await Promise.all(
    forwards.map(async ({ port, target }) => {
      const server = createServer({ allowHalfOpen: true }, socket => {
        const inner = createConnection({ path: socketFile, allowHalfOpen: true })
        inner.write(`${target}\n`)
        void join(socket, inner)
      })
      await listening(server, () => server.listen(port, '127.0.0.1'))
      return server
    }),
  )
  return closing(servers)
}

/** `9090=172.31.0.1:9090` → forward. Throws TypeError. */
export function parseForward(text: string): Forward {
  const [port, target = ''] = text.split('=')
  if (!Number(port) || !TARGET_FORM.test(target)) throw new TypeError(`'${text}' is not PORT=HOST:PORT`)
  return { port: Number(port), target }
}

async function relay(socket: Socket): Promise<void> {
  const target = await readTarget(socket).catch(() => undefined)
  if (!target) return void socket.destroy()
  await join(socket, createConnection({ ...target, allowHalfOpen: true }))
}

async function readTarget(socket: Socket): Promise<{ host: string; port: number } | undefined> {
  let line = Buffer.alloc(0)
  while (line.length <= TARGET_LIMIT_BYTES) {
    const chunk = socket.read(1) as Buffer | null
    if (!chunk) {
      await new Promise((resolve, reject) => {
        socket.once('readable', resolve)
        socket.once('close', reject)
        socket.once('error', reject)
      })
      continue
    }
    if (chunk[0] === 0x0a) break
    line = Buffer.concat([line, chunk])
  }
  const match = TARGET_FORM.exec(line.toString())
  return match ? { host: match[1]!, port: Number(match[2]) } : undefined
}

/** Passes bytes both ways until both sides ended, or one failed. */
async function join(a: Socket, b: Socket): Promise<void> {
  await Promise.all([pipeline(a, b), pipeline(b, a)]).catch(() => {
    a.destroy()
    b.destroy()
  })
}

function listening(server: Server, listen: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.once('listening', resolve)
    listen()
  })
}

function closing(servers: readonly Server[]): AsyncDisposable {
  const open = new Set<Socket>()
  for (const server of servers) {
    server.on('connection', socket => {
      open.add(socket)
      socket.once('close', () => open.delete(socket))
    })
  }
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy()
      await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
    },
  }
}

/**
 * One mutating pkgpanda at a time for an install root: a bound abstract socket (unix(7)), which the kernel frees when its
 * owner dies. The owner answers a connection with its pid and command, so that the loser can name it.
 */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { realpathSync } from 'node:fs'
import { createConnection, createServer, type Socket } from 'node:net'
import { faults } from '../errors.ts'

const LOCK_NAME = '\0dcos-pkgpanda'
const DEFAULT_ROOT = '/opt/mesosphere'

/** How long the owner may take to say who it is: it may be in the middle of a swap, which does not answer. */
const ANSWER_TIMEOUT_MS = 2_000
/** More than `4194304 activate` ever needs. */
const ANSWER_MAX_BYTES = 256

export interface HeldLock {
  [Symbol.asyncDispose](): Promise<void>
}

/** Resolves when the root is ours. Rejects with PKGPANDA_LOCKED, which names the owner. `command` is for the loser's message. */
export async function acquireLock(root: string, command: string): Promise<HeldLock> {
  const name = lockName(root)
  const losers = new Set<Socket>()
  const server = createServer(connection => {
    losers.add(connection)
    connection.on('error', () => {}).on('close', () => losers.delete(connection))
    // Any local user may connect: one who stays must not use up our descriptors.
    connection.end(`${process.pid} ${command}`, () => connection.destroy())
  })
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(name, resolve)
    })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    throw faults.LOCKED(root, (await askOwner(name)) ?? 'another pkgpanda that ended a moment ago')
  }
  return {
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      // Any local user may connect: a connection that is never closed would keep this process for ever.
      for (const connection of losers) connection.destroy()
      await closed
    },
  }
}

/** The abstract name for a root. Other roots have a digest: the kernel takes 107 bytes, a path may have more. Pure but for links. */
export function lockName(root: string): string {
  let real = root
  try {
    real = realpathSync(root)
  } catch {
    // A root that is not there yet has no links to follow either.
  }
  if (real === DEFAULT_ROOT || root === DEFAULT_ROOT) return LOCK_NAME
  return `${LOCK_NAME}:${createHash('sha256').update(real).digest('hex').slice(0, 32)}`
}

/** Who holds the lock, `pid 4711 (pkgpanda activate)`; undefined when nobody does. Takes at most two seconds. */
export function askLockOwner(root: string): Promise<string | undefined> {
  return askOwner(lockName(root))
}

function askOwner(name: string): Promise<string | undefined> {
  return new Promise(resolve => {
    let answer = ''
    const connection = createConnection(name)
    const done = () => {
      clearTimeout(timer)
      connection.destroy()
      // Any local user may have taken the name: what he says goes to terminals and logs.
      const [, pid, command] = /^(\d{1,10}) ([a-z-]{1,32})$/.exec(answer) ?? []
      resolve(pid ? `pid ${pid} (pkgpanda ${command})` : 'another pkgpanda that does not answer')
    }
    const timer = setTimeout(done, ANSWER_TIMEOUT_MS)
    connection.setEncoding('utf8')
    connection.on('data', chunk => {
      answer = (answer + chunk).slice(0, ANSWER_MAX_BYTES)
    })
    connection.on('close', done)
    connection.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNREFUSED') return done()
      clearTimeout(timer)
      resolve(undefined)
    })
  })
}

/** One writer at a time in a package repository: `npm run build` and genconf both change its index. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { realpath } from 'node:fs/promises'
import { connect, createServer } from 'node:net'

/**
 * Waits until no other process writes to `repository` (an existing folder). The lock is a bound abstract unix socket: it is
 * gone with its holder, however that ends, and waiting is a connection to it that ends then. Local to the machine.
 */
export async function lockRepository(repository: string, onWait: () => void): Promise<AsyncDisposable> {
  const name = createHash('sha256')
    .update(await realpath(repository))
    .digest('hex')
    .slice(0, 32)
  const path = `\0dcos-node-repository-${name}`
  for (;;) {
    const waiters = new Set<import('node:net').Socket>()
    const server = createServer(socket => {
      waiters.add(socket.on('error', () => {}).on('close', () => waiters.delete(socket)))
    })
    server.listen({ path })
    try {
      await once(server, 'listening')
      return {
        async [Symbol.asyncDispose]() {
          const closed = once(server, 'close')
          server.close()
          for (const socket of waiters) socket.destroy()
          await closed
        },
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    }
    onWait()
    const holder = connect({ path })
    // Refused: the holder went away in between. Either way the next round tries again.
    await new Promise(resolve => holder.on('error', resolve).on('close', resolve).resume())
    holder.destroy()
  }
}

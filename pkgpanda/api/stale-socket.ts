/** `--socket PATH`: the path may hold the socket of a process that is gone. Only that is replaced (unix(7)). */
import { lstatSync, rmSync } from 'node:fs'
import { createConnection } from 'node:net'

/** Removes a socket on which nobody listens; leaves everything else for bind(2) to refuse. */
export async function removeStaleSocket(path: string): Promise<void> {
  if (!lstatSync(path, { throwIfNoEntry: false })?.isSocket()) return
  if (await refusesConnections(path)) rmSync(path, { force: true })
}

function refusesConnections(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const connection = createConnection(path)
    connection.once('connect', () => {
      connection.destroy()
      resolve(false)
    })
    connection.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'))
  })
}

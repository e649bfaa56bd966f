/** A loopback port for a URL of the table: the usual one, else the next that is free. */
import { createServer } from 'node:net'
import { faults } from './errors.ts'

/** How many ports are tried from the usual one on. */
const TRIES = 20

/** Throws BED_PORT_BUSY. `taken`: ports that were given out but are not listened on yet. */
export async function freePort(what: string, usual: number, taken: ReadonlySet<number> = new Set()): Promise<number> {
  for (let port = usual; port < usual + TRIES; port++) {
    if (!taken.has(port) && (await isFree(port))) return port
  }
  throw faults.PORT_BUSY(what, usual, usual + TRIES - 1)
}

function isFree(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

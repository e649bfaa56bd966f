/** Where a server listens: a socket from systemd, a TCP port or a UNIX socket of its own. */
import { chmodSync } from 'node:fs'
import type { AddressInfo, Server } from 'node:net'
import { faults } from './errors.ts'

/** Where to listen: a socket from systemd, an own TCP port (0: any), or an own UNIX socket. */
export type Listener = { fd: number; name?: string } | { host: string; port: number } | { path: string; mode?: number }

/** Resolves when connections are taken. Rejects with HTTP_ADDRESS_UNAVAILABLE. */
export async function listen(server: Server, listener: Listener): Promise<void> {
  const where =
    'path' in listener
      ? listener.path
      : 'fd' in listener
        ? `descriptor ${listener.fd}`
        : `${listener.host}:${listener.port}`
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(faults.ADDRESS_UNAVAILABLE(where, error.code ?? error.message)),
    )
    server.listen(
      'fd' in listener ? { fd: listener.fd } : 'path' in listener ? { path: listener.path } : listener,
      resolve,
    )
  })
  if ('path' in listener && listener.mode !== undefined) chmodSync(listener.path, listener.mode)
}

/** For people: the address, the path, or the name that systemd gave the socket. */
export function nameOf(listener: Listener, address: string | AddressInfo | null): string {
  if (typeof address === 'object' && address) return `${address.address}:${address.port}`
  if ('path' in listener) return listener.path
  return 'fd' in listener ? (listener.name ?? `descriptor ${listener.fd}`) : `${listener.host}:${listener.port}`
}

/** 0 on sockets without a port. */
export function portOf(address: string | AddressInfo | null): number {
  return typeof address === 'object' && address ? address.port : 0
}

/**
 * The package node-zookeeper-client, kept from what would harm a daemon: an answer it cannot read throws out of the socket's
 * handler, half a message of a lost connection is taken for the start of the next, a server that accepts and says nothing is
 * waited for without end, and close() needs a live connection. The package has no hooks for these, so this module, and only
 * this one, reaches into it; the version is pinned.
 */
import type { Socket } from 'node:net'
import { type Client, createClient } from 'node-zookeeper-client'

/** The part of ConnectionManager.js that is used here. */
interface ConnectionManager {
  socket?: Socket
  pendingBuffer: Buffer | null
  connectTimeout: number
  connectTimeoutHandler?: NodeJS.Timeout
  connect(): void
  onSocketConnected(): void
  onSocketData(buffer: Buffer): void
}

/** Above ZooKeeper's own limit of 1 MiB a node (jute.maxbuffer), with room for long lists of children. */
const MESSAGE_MAX_BYTES = 8 * 1024 * 1024
/** Each message begins with its length. */
const LENGTH_BYTES = 4

/** A client that is not connected yet. `servers`: `host:port,…`. */
export function createSafeClient(servers: string, sessionTimeoutMs: number): Client {
  const client = createClient(servers, { sessionTimeout: sessionTimeoutMs, retries: 0 })
  const manager = managerOf(client)
  const onSocketData = manager.onSocketData
  manager.onSocketData = function (this: ConnectionManager, buffer) {
    try {
      onSocketData.call(this, buffer)
      const announced = (this.pendingBuffer?.length ?? 0) >= LENGTH_BYTES ? this.pendingBuffer?.readInt32BE(0) : 0
      if (announced === undefined || announced < 0 || announced > MESSAGE_MAX_BYTES) this.socket?.destroy()
    } catch {
      // An error code newer than the package, or not ZooKeeper at all: the connection is made anew.
      this.socket?.destroy()
    }
  }
  client.on('disconnected', () => {
    manager.pendingBuffer = null
  })
  let answered: Socket | undefined
  client.on('connected', () => {
    answered = manager.socket
  })
  const onSocketConnected = manager.onSocketConnected
  manager.onSocketConnected = function (this: ConnectionManager) {
    onSocketConnected.call(this)
    const { socket } = this
    const timer = setTimeout(() => {
      if (socket !== answered) socket?.destroy()
    }, this.connectTimeout)
    socket?.once('close', () => clearTimeout(timer))
  }
  return client
}

/** Ends the session on the server when there is a connection; resolves within `limitMs`, with nothing left open. */
export async function closeClient(client: Client, connected: boolean, limitMs: number): Promise<void> {
  if (connected) {
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, limitMs)
      client.once('disconnected', () => {
        clearTimeout(timer)
        resolve()
      })
      client.close()
    })
  }
  abandonClient(client)
}

/** Drops the connection without a word; the server ends the session when its time is over. */
export function abandonClient(client: Client): void {
  const manager = managerOf(client)
  client.removeAllListeners()
  manager.connect = () => {}
  // A connection may be about to be opened: the package picks a server in a later tick.
  manager.connectTimeout = 1
  manager.onSocketConnected = () => {
    clearTimeout(manager.connectTimeoutHandler)
    manager.socket?.destroy()
  }
  clearTimeout(manager.connectTimeoutHandler)
  manager.socket?.destroy()
}

function managerOf(client: Client): ConnectionManager {
  return (client as unknown as { connectionManager: ConnectionManager }).connectionManager
}

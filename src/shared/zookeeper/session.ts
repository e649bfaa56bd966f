/**
 * A lasting ZooKeeper session: reconnects, starts anew after expiry, when a server stops answering and when none takes it back, and
 * never leaves a request or a watch hanging.
 */
import { ACL, type Client, CreateMode, Id, Permission } from 'node-zookeeper-client'
import { isFault } from '../errors/fault.ts'
import { abandonClient, closeClient, createSafeClient } from './client.ts'
import { parseEnsemble } from './ensemble.ts'
import { faults } from './errors.ts'

/** Called once, when what was read may have changed or the watch on it was lost: read again. */
export type Changed = () => void

export interface CreateOptions {
  /** Goes away with the session. */
  ephemeral?: boolean
  /** ZooKeeper appends a number of ten digits. */
  sequential?: boolean
  /** Anybody may read and nobody change it; else anybody may do anything. */
  readOnly?: boolean
}

/**
 * Paths are absolute; a path in the ensemble's address is put before them. Every request rejects with ZOOKEEPER_UNREACHABLE at once
 * while there is no connection, and with ZOOKEEPER_REQUEST_TIMEOUT, ZOOKEEPER_REQUEST_FAILED or ZOOKEEPER_CLOSED.
 */
export interface ZooKeeperSession extends AsyncDisposable {
  /** `host:port,…` */
  readonly servers: string
  readonly isConnected: boolean
  /** Resolves when there is a connection. Rejects with ZOOKEEPER_UNREACHABLE after `timeoutMs`, or ZOOKEEPER_CLOSED. */
  connected(timeoutMs: number): Promise<void>
  /** Told at each change of `isConnected`; the result ends that. */
  onConnection(listener: (connected: boolean) => void): () => void
  /** The node's data; undefined when there is no node. `changed` is also called when the node appears. */
  get(path: string, changed?: Changed): Promise<Buffer | undefined>
  /** Names of the node's children, unsorted; undefined when there is no node. */
  children(path: string, changed?: Changed): Promise<string[] | undefined>
  exists(path: string, changed?: Changed): Promise<boolean>
  /** The path of the new node. Rejects with ZOOKEEPER_NODE_EXISTS. */
  create(path: string, data: string | Buffer, options?: CreateOptions): Promise<string>
  /** Makes the node and those above it where they are missing. */
  ensurePath(path: string): Promise<void>
  /** Rejects with ZOOKEEPER_REQUEST_FAILED when there is no node. */
  set(path: string, data: string | Buffer): Promise<void>
  /** Removes a node without children; no node is fine. */
  remove(path: string): Promise<void>
}

export interface SessionOptions {
  /** What parseEnsemble takes. */
  ensemble: string
  /** The server forgets us after so long without a word; it may grant less or more. Default 10 s. */
  sessionTimeoutMs?: number
  /** For one request, and for the answer to the heartbeat. Default 5 s. */
  requestTimeoutMs?: number
}

const SESSION_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 5000
const CLOSE_LIMIT_MS = 1000
/** A node may appear and vanish between two requests so often before we take its absence for the answer. */
const VANISHING_MAX = 3

// Error codes of ZooKeeper (KeeperException).
const CONNECTION_LOSS = -4
const NO_NODE = -101
const NODE_EXISTS = -110
const SESSION_EXPIRED = -112

type Callback<T> = (error: Error | { code: number } | null, result: T) => void

/** Begins to connect and returns at once. Throws ZOOKEEPER_ADDRESS_MALFORMED. */
export function openSession(options: SessionOptions): ZooKeeperSession {
  const { sessionTimeoutMs = SESSION_TIMEOUT_MS, requestTimeoutMs = REQUEST_TIMEOUT_MS } = options
  const { servers, path: chroot } = parseEnsemble(options.ensemble)
  const connectionListeners = new Set<(connected: boolean) => void>()
  const watches = new Set<Changed>()
  let isConnected = false
  let isClosed = false
  let absence: NodeJS.Timeout | undefined
  let client = start()

  function start(): Client {
    const fresh = createSafeClient(servers, sessionTimeoutMs)
    fresh.on('connected', () => setConnected(true))
    fresh.on('disconnected', () => setConnected(false))
    fresh.on('expired', renew)
    fresh.connect()
    return fresh
  }

  function setConnected(now: boolean): void {
    if (now === isConnected) return
    isConnected = now
    clearTimeout(absence)
    // Servers that lost their data (a master installed anew) close the connection of whoever has seen a later transaction than
    // they, and never say that the session is over.
    if (!now) absence = setTimeout(renew, sessionTimeoutMs).unref()
    for (const listener of [...connectionListeners]) listener(now)
  }

  /** Watches die with their session: whoever waits for one has to read again. */
  function renew(): void {
    if (isClosed) return
    abandonClient(client)
    client = start()
    setConnected(false)
    for (const fire of [...watches]) fire()
  }

  // The package pings but does not look for the answer: a server that hangs, or a network that swallows, would be taken for a
  // quiet one for ever, and the session's end would never be heard of.
  const heartbeat = setInterval(
    () => {
      if (isConnected)
        request('heartbeat', '/', false, callback => client.exists('/', error => callback(error, true))).catch(() => {})
    },
    Math.max(1, Math.floor(sessionTimeoutMs / 3)),
  )
  heartbeat.unref()

  function request<T>(operation: string, path: string, absent: T, send: (callback: Callback<T>) => void): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (isClosed) return reject(faults.CLOSED())
      if (!isConnected) return reject(faults.UNREACHABLE(servers))
      const asked = client
      const timer = setTimeout(() => {
        reject(isClosed ? faults.CLOSED() : faults.REQUEST_TIMEOUT(operation, path, requestTimeoutMs))
        if (asked === client) renew()
      }, requestTimeoutMs)
      send((error, result) => {
        clearTimeout(timer)
        const code = error && 'code' in error ? error.code : undefined
        if (!error) resolve(result)
        else if (code === NO_NODE) resolve(absent)
        else if (code === NODE_EXISTS) reject(faults.NODE_EXISTS(path))
        else if (isClosed) reject(faults.CLOSED())
        else if (code === CONNECTION_LOSS || code === SESSION_EXPIRED)
          reject(faults.UNREACHABLE(servers).because(error))
        else reject(faults.REQUEST_FAILED(operation, path, (error as Error).message).because(error))
      })
    })
  }

  /**
   * `read` with a watch for the package, which calls `changed` at most once, after the package is done with its message. A read
   * that failed leaves no watch: its caller knows already that it has to read again.
   */
  async function watched<T>(
    changed: Changed | undefined,
    read: (watcher: Changed | undefined) => Promise<T>,
  ): Promise<T> {
    if (!changed) return read(undefined)
    const fire = () => {
      if (watches.delete(fire)) queueMicrotask(changed)
    }
    watches.add(fire)
    try {
      return await read(fire)
    } catch (error) {
      watches.delete(fire)
      throw error
    }
  }

  function exists(path: string, changed?: Changed): Promise<boolean> {
    return watched(changed, watcher =>
      request('a look', path, false, callback => {
        const answer: Callback<unknown> = (error, stat) => callback(error, Boolean(stat))
        if (watcher) client.exists(chroot + path, watcher, answer)
        else client.exists(chroot + path, answer)
      }),
    )
  }

  /** Reading a node that is not there sets no watch in ZooKeeper: look for its appearance instead. */
  async function readOrAwait<T>(
    path: string,
    changed: Changed | undefined,
    read: (watcher: Changed | undefined) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    for (let attempt = 0; attempt < VANISHING_MAX; attempt++) {
      const result = await watched(changed, read)
      if (result !== undefined || !changed || !(await exists(path, changed))) return result
    }
    return undefined
  }

  async function create(path: string, data: string | Buffer, options: CreateOptions = {}): Promise<string> {
    const acl = options.readOnly ? Permission.READ : Permission.ALL
    const created = await request('creation', path, '', callback => {
      client.create(
        chroot + path,
        Buffer.from(data),
        [new ACL(acl, new Id('world', 'anyone'))],
        modeOf(options),
        callback,
      )
    })
    if (created === '') throw faults.REQUEST_FAILED('creation', path, 'the node above it is missing')
    return created.slice(chroot.length)
  }

  return {
    servers,
    get isConnected() {
      return isConnected
    },
    connected(timeoutMs) {
      return new Promise((resolve, reject) => {
        if (isClosed) return reject(faults.CLOSED())
        if (isConnected) return resolve()
        const done = (end: () => void) => {
          clearTimeout(timer)
          connectionListeners.delete(listener)
          end()
        }
        const listener = () => done(isConnected ? resolve : () => reject(faults.CLOSED()))
        const timer = setTimeout(() => done(() => reject(faults.UNREACHABLE(servers))), timeoutMs)
        connectionListeners.add(listener)
      })
    },
    onConnection(listener) {
      connectionListeners.add(listener)
      return () => void connectionListeners.delete(listener)
    },
    get: (path, changed) =>
      readOrAwait(path, changed, watcher =>
        request<Buffer | undefined>('reading', path, undefined, callback => {
          // A node without data has none at all, not an empty buffer.
          const answer: Callback<Buffer | undefined> = (error, data) => callback(error, data ?? Buffer.alloc(0))
          if (watcher) client.getData(chroot + path, watcher, answer)
          else client.getData(chroot + path, answer)
        }),
      ),
    children: (path, changed) =>
      readOrAwait(path, changed, watcher =>
        request<string[] | undefined>('listing', path, undefined, callback => {
          if (watcher) client.getChildren(chroot + path, watcher, callback)
          else client.getChildren(chroot + path, callback)
        }),
      ),
    exists,
    create,
    async ensurePath(path) {
      const parts = path.split('/').filter(part => part !== '')
      for (let i = 1; i <= parts.length; i++) {
        try {
          await create(`/${parts.slice(0, i).join('/')}`, '')
        } catch (error) {
          if (!isFault(error, 'ZOOKEEPER_NODE_EXISTS')) throw error
        }
      }
    },
    async set(path, data) {
      const stored = await request('writing', path, false, callback =>
        client.setData(chroot + path, Buffer.from(data), error => callback(error, true)),
      )
      if (!stored) throw faults.REQUEST_FAILED('writing', path, 'there is no such node')
    },
    remove: path =>
      request<void>('removal', path, undefined, callback => client.remove(chroot + path, error => callback(error))),
    async [Symbol.asyncDispose]() {
      if (isClosed) return
      isClosed = true
      clearInterval(heartbeat)
      clearTimeout(absence)
      await closeClient(client, isConnected, CLOSE_LIMIT_MS)
      isConnected = false
      watches.clear()
      for (const listener of [...connectionListeners]) listener(false)
      connectionListeners.clear()
    },
  }
}

function modeOf({ ephemeral = false, sequential = false }: CreateOptions): number {
  if (ephemeral) return sequential ? CreateMode.EPHEMERAL_SEQUENTIAL : CreateMode.EPHEMERAL
  return sequential ? CreateMode.PERSISTENT_SEQUENTIAL : CreateMode.PERSISTENT
}

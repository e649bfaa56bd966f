/** The few ZooKeeper operations of the election, as promises. */
import zookeeper, { type Client, CreateMode, Exception } from 'node-zookeeper-client'

/**
 * Ephemeral and sequential: ZooKeeper completes the name, which is resolved to, and removes the node with our session.
 */
export function createCandidate(client: Client, prefix: string, data: string): Promise<string> {
  return create(client, prefix, data, CreateMode.EPHEMERAL_SEQUENTIAL)
}

export function createEphemeral(client: Client, path: string, data: string): Promise<string> {
  return create(client, path, data, CreateMode.EPHEMERAL)
}

function create(client: Client, path: string, data: string, mode: number): Promise<string> {
  return new Promise((resolve, reject) => {
    client.create(path, Buffer.from(data), mode, (error, created) =>
      error ? reject(toError(error)) : resolve(created),
    )
  })
}

export function makeDirectory(client: Client, path: string): Promise<void> {
  return new Promise((resolve, reject) => client.mkdirp(path, error => (error ? reject(toError(error)) : resolve())))
}

/** `changed` is called once, at the next change. */
export function getChildren(client: Client, path: string, changed: () => void): Promise<string[]> {
  return new Promise((resolve, reject) => {
    client.getChildren(path, changed, (error, children) => (error ? reject(toError(error)) : resolve(children)))
  })
}

export function getData(client: Client, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    client.getData(path, (error, data) => (error ? reject(toError(error)) : resolve(data?.toString('utf8') ?? '')))
  })
}

/** The node is not there (any more). */
export const isMissing = (error: unknown): boolean =>
  error instanceof zookeeper.Exception && error.getCode() === Exception.NO_NODE

const toError = (error: Error | Exception): Error => (error instanceof Error ? error : new Error(String(error)))

/**
 * Serves folders as static files: the package repository as a web server of an operator would. Several roots lie over
 * each other, the first that has the file wins, so that a bed's own dcos_install.sh stands before the shared packages.
 */
import { open, realpath } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { parseRange } from './range.ts'

export interface RepositoryServer extends AsyncDisposable {
  /** `http://host:port`, with the port that was really taken. */
  readonly url: string
}

export interface RepositoryServerOptions {
  roots: readonly string[]
  host: string
  /** 0: any free port. */
  port: number
  /** One line a request, for whoever wants to see what was asked. */
  onRequest?: (line: string) => void
}

/** Listens when it resolves. Rejects with the system's error when the address is taken. */
export async function startRepositoryServer(options: RepositoryServerOptions): Promise<RepositoryServer> {
  const server = createServer((request, response) => {
    response.once('close', () => options.onRequest?.(`${request.method} ${request.url} ${response.statusCode}`))
    answer(options.roots, request, response).catch(() => {
      // The client left, or the file shrank under the transfer: cut the answer short so that it cannot pass as whole.
      response.destroy()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, resolve)
  })
  return {
    url: `http://${options.host}:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () =>
      new Promise(resolve => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

async function answer(roots: readonly string[], request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD') return end(response, 405, 'only GET and HEAD')
  const file = await findFile(roots, request.url ?? '/')
  if (!file) return end(response, 404, 'no such file')

  await using handle = await open(file)
  const { size: sizeBytes, mtimeMs } = await handle.stat()
  const etag = `"${sizeBytes.toString(16)}-${Math.trunc(mtimeMs).toString(16)}"`
  const range = parseRange(request.headers.range, sizeBytes)
  response.setHeader('accept-ranges', 'bytes')
  response.setHeader('etag', etag)
  response.setHeader('content-type', 'application/octet-stream')
  if (range === 'unsatisfiable') {
    response.setHeader('content-range', `bytes */${sizeBytes}`)
    return end(response, 416, 'range not satisfiable')
  }
  const { first, last } = range ?? { first: 0, last: sizeBytes - 1 }
  response.statusCode = range ? 206 : 200
  response.setHeader('content-length', last - first + 1)
  if (range) response.setHeader('content-range', `bytes ${first}-${last}/${sizeBytes}`)
  if (request.method === 'HEAD' || sizeBytes === 0) return void response.end()
  await pipeline(handle.createReadStream({ start: first, end: last, autoClose: false }), response)
}

/** The first root's file behind a request target; `undefined` when there is none, or when it lies outside its root. */
export async function findFile(roots: readonly string[], target: string): Promise<string | undefined> {
  let path: string
  try {
    // Not URL(): it would fold `..` away before anyone could refuse it.
    path = decodeURIComponent(target.split(/[?#]/, 1)[0]!)
  } catch {
    return undefined
  }
  if (path.includes('\0') || path.endsWith('/') || path.split('/').includes('..')) return undefined
  for (const root of roots) {
    const [top, file] = await Promise.all([realpath(root), realpath(join(root, path))]).catch(() => [])
    // A symbolic link may lead out of the root although its path does not.
    if (top && file?.startsWith(top + sep) && (await isFile(file))) return file
  }
  return undefined
}

async function isFile(path: string): Promise<boolean> {
  await using handle = await open(path)
  return (await handle.stat()).isFile()
}

function end(response: ServerResponse, status: number, sentence: string): void {
  response.statusCode = status
  response.setHeader('content-type', 'text/plain')
  response.end(`${sentence}\n`)
}

/** The stand-in's HTTP server: node:http around dispatch.ts. */
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { readBody } from '../../../../src/shared/http/answer.ts'
import { errorFields, type Log } from '../../../../src/shared/log/journald.ts'
import { faults } from '../errors.ts'
import { dispatch } from './dispatch.ts'
import type { Answer, Route } from './route.ts'

/** A report of an agent with its full history of ended tasks stays well below. */
const BODY_LIMIT_BYTES = 8 * 1024 * 1024

export interface RouteServer extends AsyncDisposable {
  port: number
}

/** `port` 0: any. Rejects with STANDIN_LISTEN_FAILED. */
export async function startRouteServer(
  host: string,
  port: number,
  routes: readonly Route[],
  log: Log,
): Promise<RouteServer> {
  const server = createServer(async (incoming, response) => {
    const answer = await answerTo(incoming, routes, log)
    response.writeHead(answer.status, { ...answer.headers, 'Content-Length': Buffer.byteLength(answer.body ?? '') })
    response.end(incoming.method === 'HEAD' ? undefined : answer.body)
  })
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    throw faults.LISTEN_FAILED(`${host}:${port}`, (error as Error).message).because(error)
  }
  return {
    // Listening on TCP, so the address is an object.
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

async function answerTo(incoming: IncomingMessage, routes: readonly Route[], log: Log): Promise<Answer> {
  try {
    return await dispatch(routes, {
      method: incoming.method === 'HEAD' ? 'GET' : (incoming.method ?? 'GET'),
      url: incoming.url ?? '/',
      json: () => readJson(incoming),
      acceptsGzip: /\bgzip\b/.test(String(incoming.headers['accept-encoding'] ?? '')),
    })
  } catch (error) {
    log.error('a request met a bug, answering 500', { path: incoming.url, ...errorFields(error) })
    return { status: 500 }
  }
}

async function readJson(incoming: IncomingMessage): Promise<unknown> {
  const body = await readBody(incoming, BODY_LIMIT_BYTES)
  try {
    return JSON.parse(body.toString('utf8'))
  } catch (error) {
    throw faults.BODY_MALFORMED((error as Error).message)
  }
}

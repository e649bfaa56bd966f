// A Mesos agent or master of which only /state and /files are there; files are in memory, so that tests can shorten them.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'
import { openMesos } from '../../src/log/mesos/open-mesos.ts'
import type { Clock } from '../../src/shared/time/clock.ts'
import { parseReadRange } from '../support/mesos/files/read-range.ts'

export const AGENT_ID = '678aac08-89e6-4d3a-9b13-626559ce69e1-S0'
export const WORK_DIR = '/var/lib/mesos/slave'
export const SANDBOX = `${WORK_DIR}/slaves/${AGENT_ID}/frameworks/f-1/executors/e.1/runs/c-1`

export interface MesosStub {
  url: string
  /** By their whole paths. */
  files: Map<string, Buffer>
  /** `METHOD target`, and the token that came with it. */
  asked: { target: string; authorization: string | undefined }[]
  state: unknown
  /** Answers instead of the stub when it returns a status. */
  refuse: (target: string, authorization: string | undefined) => number | undefined
  /** Bytes above 0x7f: as Mesos 1.2 escapes them, or as they are. */
  escapes: boolean
  /** Of requests whose answers have not gone out. */
  open: Set<ServerResponse>
}

export async function startMesosStub(t: Test): Promise<MesosStub> {
  const stub: MesosStub = {
    url: '',
    files: new Map(),
    asked: [],
    state: { id: AGENT_ID },
    refuse: () => undefined,
    escapes: true,
    open: new Set(),
  }
  const server = createServer((request, response) => {
    stub.open.add(response)
    response.on('close', () => stub.open.delete(response))
    answer(stub, request, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  stub.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  t.teardown(async () => {
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  })
  return stub
}

/** dcos-log's way to this stub as both its agent and its leading master. */
export function mesosOver(stub: Pick<MesosStub, 'url'>, clock: Clock) {
  const config = { auth: false, caCert: '', timeoutMs: 2000, mesosWorkDir: WORK_DIR, detectIp: '/none' }
  return openMesos({ ...config, mesosAgent: stub.url, mesosMaster: stub.url }, clock)
}

function answer(stub: MesosStub, { url = '/', headers }: IncomingMessage, response: ServerResponse): void {
  const { authorization } = headers
  stub.asked.push({ target: url, authorization })
  const status = stub.refuse(url, authorization)
  // 0: no answer at all.
  if (status === 0) return
  if (status !== undefined) return void response.writeHead(status, { Location: '//127.0.0.1:9/state' }).end()
  const { pathname, searchParams } = new URL(url, 'http://stub')
  if (pathname === '/state') return void response.end(JSON.stringify(stub.state))
  const path = searchParams.get('path') ?? ''
  if (pathname === '/files/browse') return void browse(stub, path, response)
  const file = stub.files.get(path)
  if (!file) return void response.writeHead(404).end()
  if (pathname === '/files/download') {
    const name = path.slice(path.lastIndexOf('/') + 1)
    const disposition = `attachment; filename=${name}`
    const type = { 'Content-Type': 'application/octet-stream', 'Content-Disposition': disposition, Server: 'mesos' }
    return void response.writeHead(200, { ...type, 'Content-Length': file.length }).end(file)
  }
  const range = parseReadRange(searchParams.get('offset'), searchParams.get('length'))
  if ('problem' in range) return void response.writeHead(400).end(range.problem)
  const [data, offset] =
    range.range === 'size'
      ? [Buffer.alloc(0), file.length]
      : [file.subarray(range.range.offset, range.range.offset + range.range.length), range.range.offset]
  const json = JSON.stringify({ data: data.toString('latin1'), offset })
  const escaped = json.replace(/[\u007f-\u00ff]/g, byte => `\\u00${byte.charCodeAt(0).toString(16)}`)
  response.end(Buffer.from(stub.escapes ? escaped : json, 'latin1'))
}

function browse({ files }: MesosStub, path: string, response: ServerResponse): void {
  const below = [...files].filter(([each]) => each.startsWith(`${path}/`))
  if (below.length === 0) return void response.writeHead(404).end()
  const rows = below.map(
    ([path, { length: size }]) =>
      `{"gid":"root","mode":"-rw-r--r--","mtime":1795357690.0,"nlink":1,"path":${JSON.stringify(path)},"size":${size},"uid":"nobody"}`,
  )
  response.end(`[${rows.join(',')}]`)
}

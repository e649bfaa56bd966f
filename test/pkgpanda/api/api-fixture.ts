/** The package API in this process, on a UNIX socket, for a node in a temporary directory; and a client that says exactly what it is told. */
import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { errorAnswer } from '../../../pkgpanda/api/answers.ts'
import { openChanges } from '../../../pkgpanda/api/changes.ts'
import { accessLine } from '../../../pkgpanda/api/client.ts'
import { readRepositoryUrls } from '../../../pkgpanda/api/config.ts'
import { type Jobs, openJobs } from '../../../pkgpanda/api/jobs.ts'
import { declareApiMetrics } from '../../../pkgpanda/api/metrics.ts'
import { type Node, openNode } from '../../../pkgpanda/api/node.ts'
import { API_LIMITS, routes } from '../../../pkgpanda/api/routes.ts'
import type { CommandWorld } from '../../../pkgpanda/command.ts'
import { tarballPath } from '../../../pkgpanda/store/store-layout.ts'
import { type HttpLimits, startHttpServer } from '../../../src/shared/http/server.ts'
import { createLog } from '../../../src/shared/log/journald.ts'
import { createMetrics } from '../../../src/shared/metrics/registry.ts'
import { systemClock } from '../../../src/shared/time/clock.ts'
import { HASHED, makeNode, type NodeFixture, noUsers, PACKAGES, scratchDirectory, writeTree } from '../node-fixture.ts'

export const INSTALLED = ['mesos--0.22.0', HASHED]

export interface ApiFixture {
  readonly node: NodeFixture
  readonly jobs: Jobs
  readonly socket: string
  /** Lines of the access log and of trouble. */
  readonly log: string[]
  ask(method: string, path: string, more?: { body?: string; headers?: Record<string, string> }): Promise<Answer>
  metrics(): Promise<string>
  close(): Promise<void>
}

export interface Answer {
  status: number
  headers: IncomingHttpHeaders
  text: string
  json: unknown
}

export interface ApiOptions {
  node?: NodeFixture
  allowed?: boolean
  limits?: Partial<HttpLimits>
  world?: Partial<CommandWorld>
  /** Stands in for the commands of the node. */
  wrap?: (node: Node) => Node
}

/** The node I of the specification unless one is given; closed when `t` ends. */
export async function startApi(t: Test, options: ApiOptions = {}): Promise<ApiFixture> {
  const node = options.node ?? (await installedNode(t))
  const { paths } = node
  const log: string[] = []
  const journal = createLog({ write: line => void log.push(line) })
  const world = (): Omit<CommandWorld, 'origin' | 'progress'> => ({
    out: () => {},
    err: text => journal.warning(text),
    users: noUsers(),
    systemctl: () => {
      throw new Error('no systemd in this test')
    },
    random: () => randomBytes(8).toString('hex'),
    openAudit: async () => async () => {},
    isTerminal: false,
    self: ['/bin/true'],
    ...options.world,
  })
  const registry = createMetrics('pkgpanda_api')
  const metrics = declareApiMetrics(registry)
  const parsed = {
    ...{ root: paths.root, repository: paths.repository, configDir: paths.configDirectory },
    ...{ stateDirRoot: paths.stateRoot, rootedSystemd: true, systemd: options.world?.systemctl !== undefined },
  }
  const opened = (options.wrap ?? (each => each))(openNode(parsed, world))
  const { random } = world()
  const directory = join(paths.stateRoot, 'pkgpanda-api')
  const jobs = openJobs({ directory, root: paths.root, random, clock: systemClock, log: journal })
  const allowed = options.allowed ?? true
  const changes = openChanges({ node: opened, jobs, metrics, log: journal, allowed })
  const socket = join(node.directory, 'api.sock')
  const server = await startHttpServer({
    routes: routes({ node: opened, jobs, changes, metrics, repositoryUrls: () => readRepositoryUrls(paths) }),
    errorAnswer,
    answered: (request, status) => journal.info(accessLine(request, status)),
    listener: { path: socket, mode: 0o660 },
    limits: { ...API_LIMITS, ...options.limits },
    log: journal,
    metrics: registry,
  })
  let closed: Promise<void> | undefined
  const close = () => {
    closed ??= (async () => {
      await server[Symbol.asyncDispose]()
      await jobs[Symbol.asyncDispose]()
    })()
    return closed
  }
  t.teardown(close)
  return {
    node,
    jobs,
    socket,
    log,
    ask: (...request) => ask(socket, ...request),
    metrics: () => registry.text(),
    close,
  }
}

export async function installedNode(t: Test, roles = ['master']): Promise<NodeFixture> {
  const node = makeNode(t, { roles })
  const { status, err } = await node.run('activate', ...INSTALLED)
  if (status !== 0) throw new Error(err)
  return node
}

/** A directory with a package of the specification and its index, in a directory that only its owner can write to. */
export function makeStore(t: Test, id = 'mesos--0.22.0'): string {
  const store = join(scratchDirectory(t), 'store')
  const source = join(store, 'source')
  writeTree(source, PACKAGES[id] ?? {})
  const file = join(store, tarballPath(id))
  mkdirSync(dirname(file), { recursive: true })
  execFileSync('tar', ['--create', '--xz', '--file', file, '--directory', source, '.'])
  const bytes = readFileSync(file)
  const entry = { sha256: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length }
  writeFileSync(join(store, 'index.json'), JSON.stringify({ version: 1, files: { [tarballPath(id)]: entry } }))
  return store
}

function ask(
  socketPath: string,
  method: string,
  path: string,
  { body, headers = {} }: { body?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
    const options = { socketPath, method, path, headers: { ...type, ...headers }, agent: false, timeout: 20_000 }
    const request = httpRequest(options, async response => {
      const chunks: Buffer[] = []
      for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
      const text = Buffer.concat(chunks).toString()
      let json: unknown
      try {
        json = JSON.parse(text)
      } catch {
        // Not every answer has one.
      }
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json })
    })
    request.on('error', reject)
    request.end(body)
  })
}

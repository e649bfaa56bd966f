/** The addresses of this machine that lead into the nodes' network, chosen once per bed and kept beside its state. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Bed } from './bed.ts'
import { onBedNetwork } from './cluster.ts'
import { freePort } from './free-port.ts'
import type { BedNode } from './nodes.ts'
import type { Processes } from './processes.ts'
import { METRICS_PORT, PROJECT, PROMETHEUS_PORT, REPOSITORY_PORT, switchAddress } from './settings.ts'

interface Endpoint {
  /** For the table, e.g. `metrics of m1`. */
  name: string
  /** Port of 127.0.0.1. */
  port: number
  /** HOST:PORT on the nodes' network. */
  target: string
  path: string
}

/** Where the search for a free loopback port begins. */
const FIRST_PORTS = { prometheus: 9090, repository: 18080, metrics: 16091 }

const GATEWAY = join(PROJECT, 'test/testbed/gateway-main.ts')

/** Opens the ways in, on the same ports as before if there were any. Throws BED_PORT_BUSY. */
export async function openGateway(bed: Bed, processes: Processes, nodes: readonly BedNode[]): Promise<void> {
  const file = endpointFile(bed)
  // While the gateway runs its own ports are busy: they are its.
  const known = (await processes.alive('gateway')) ? await readEndpoints(file) : []
  const endpoints = await chooseEndpoints(switchAddress(bed.settings), nodes, known)
  await writeFile(file, `${JSON.stringify(endpoints, null, 2)}\n`)
  const socket = join(bed.settings.directory, 'gateway.sock')
  const node = [process.execPath, GATEWAY]
  await processes.ensure('relay', onBedNetwork(bed, [...node, 'relay', socket]))
  await processes.ensure('gateway', [...node, 'forward', socket, ...endpoints.map(e => `${e.port}=${e.target}`)])
}

/** Name → URL; empty before the first start has come that far. */
export async function readUrls(bed: Bed): Promise<Record<string, string>> {
  const endpoints = await readEndpoints(endpointFile(bed))
  return Object.fromEntries(endpoints.map(({ name, port, path }) => [name, `http://127.0.0.1:${port}${path}`]))
}

async function chooseEndpoints(
  host: string,
  nodes: readonly BedNode[],
  known: readonly Endpoint[],
): Promise<Endpoint[]> {
  const wanted = [
    { name: 'prometheus', first: FIRST_PORTS.prometheus, target: `${host}:${PROMETHEUS_PORT}`, path: '/' },
    {
      name: 'repository',
      first: FIRST_PORTS.repository,
      target: `${host}:${REPOSITORY_PORT}`,
      path: '/dcos_install.sh',
    },
    ...nodes.map(({ name, address }, i) => ({
      name: `metrics of ${name}`,
      first: FIRST_PORTS.metrics + i,
      target: `${address}:${METRICS_PORT}`,
      path: '/metrics',
    })),
  ]
  const endpoints: Endpoint[] = []
  for (const { name, first, target, path } of wanted) {
    const before = known.find(endpoint => endpoint.name === name)
    const port = before?.port ?? (await freePort(name, first, new Set(endpoints.map(e => e.port))))
    endpoints.push({ name, port, target, path })
  }
  return endpoints
}

function endpointFile(bed: Bed): string {
  return join(bed.settings.directory, 'endpoints.json')
}

async function readEndpoints(file: string): Promise<Endpoint[]> {
  const text = await readFile(file, 'utf8').catch(() => '[]')
  return JSON.parse(text) as Endpoint[]
}

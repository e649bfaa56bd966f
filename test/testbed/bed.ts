/** testbed.sh as typed functions. Knows nodes as machines; what is installed on them is the business of cluster.ts. */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CommandOptions, type CommandResult, mustRun, runCommand } from './command.ts'
import { type BedNode, type BedRole, nodeArgument } from './nodes.ts'
import type { BedSettings } from './settings.ts'

const SCRIPT = join(import.meta.dirname, 'testbed.sh')

export interface Bed {
  readonly settings: BedSettings
  /** Builds the image and these layers unless the cache has them. Takes a minute each when it has not. */
  image(layers: readonly string[], onProgress?: (line: string) => void): Promise<void>
  /** Boots nodes; resolves when each one's systemd is running or degraded. */
  up(nodes: readonly BedNode[]): Promise<void>
  /** Runs a command in a node as root; resolves whatever its exit status is. No shell unless it is named. */
  run(node: string, command: readonly string[], options?: CommandOptions): Promise<CommandResult>
  /** Standard output of a command that must succeed. Throws BED_COMMAND_FAILED. */
  must(node: string, command: readonly string[], options?: CommandOptions): Promise<string>
  /** Copies a file, or what a directory holds, into a node: owner root, modes kept. */
  push(node: string, source: string, destination: string): Promise<void>
  /** Runs a command of this machine on the nodes' network. */
  net(command: readonly string[], options?: CommandOptions): Promise<CommandResult>
  /** The nodes that there are, booted or not. */
  nodes(): Promise<BedNode[]>
  /** Halts and removes nodes; all of them, and the network, when none is named. */
  down(nodes?: readonly string[]): Promise<void>
}

export function openBed(settings: BedSettings, environment: NodeJS.ProcessEnv = process.env): Bed {
  const env = {
    ...environment,
    TESTBED_DIR: settings.directory,
    TESTBED_NAME: settings.name,
    TESTBED_NET: settings.net,
    TESTBED_SUITE: settings.suite,
    DCOS_NODE_CACHE: settings.cacheDirectory,
  }
  const script = (command: string, args: readonly string[], options: CommandOptions = {}) =>
    runCommand(SCRIPT, [command, ...args], { ...options, env })
  const mustScript = (command: string, args: readonly string[], options: CommandOptions = {}) =>
    mustRun(`testbed.sh ${command}`, SCRIPT, [command, ...args], { ...options, env })

  return {
    settings,
    async image(layers, onErrorLine) {
      await mustScript('image', layers, onErrorLine ? { onErrorLine } : {})
    },
    async up(nodes) {
      if (nodes.length > 0) await mustScript('up', nodes.map(nodeArgument))
    },
    run: (node, command, options) => script('run', [node, ...command], options),
    must: (node, command, options) =>
      mustRun(`'${command.join(' ')}' on ${node}`, SCRIPT, ['run', node, ...command], { ...options, env }),
    async push(node, source, destination) {
      await mustScript('push', [node, source, destination])
    },
    net: (command, options) => script('net', command, options),
    nodes: () => readNodes(join(settings.directory, 'nodes')),
    async down(nodes = []) {
      await mustScript('down', nodes)
    },
  }
}

/** The nodes as testbed.sh recorded them, in the order of their addresses. */
async function readNodes(directory: string): Promise<BedNode[]> {
  const names = await readdir(directory).catch(() => [])
  const nodes = await Promise.all(
    names.map(async name => {
      const [role, address] = await Promise.all(
        ['role', 'ip'].map(file => readFile(join(directory, name, file), 'utf8').catch(() => '')),
      )
      return { name, role: role!.trim() as BedRole, address: address!.trim() }
    }),
  )
  const host = ({ address }: BedNode) => Number(address.split('.').at(-1))
  // A node without a role was cut short while it was made; only `down` has use for it.
  return nodes.filter(({ role }) => role).sort((a, b) => host(a) - host(b))
}

/**
 * Fetching, verifying and unpacking every package of the real repository over loopback HTTP, beside what does neither check nor
 * fsync: `curl -s URL | tar -xJ -C DIR`. And the memory of pkgpanda and of its xz for the largest package.
 */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { startRepositoryServer } from '../support/repository-server/server.ts'
import { PROJECT } from '../testbed/settings.ts'
import { formatRows, formatSpread, ratiosOf, spreadOf } from './statistics.ts'

const SAMPLE_MS = 5

interface Work {
  url: string
  /** Empty, on the file system to be measured. */
  directory: string
  /** Runtime and program as on a node, outside of the project. */
  pkgpanda: readonly string[]
}

export async function pkgpandaFetch(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      repository: { type: 'string', default: 'build/repository' },
      /** Where packages are unpacked: the file system makes a difference. */
      directory: { type: 'string', default: tmpdir() },
      rounds: { type: 'string', default: '7' },
    },
  })
  const repository = resolve(values.repository)
  if (!existsSync(join(repository, 'index.json')))
    throw new Error(`${repository} is no repository: run npm run build first`)
  const scratch = mkdtempSync(join(values.directory, 'bench-pkgpanda-'))
  try {
    await using server = await startRepositoryServer({ roots: [repository], host: '127.0.0.1', port: 0 })
    const directory = join(scratch, 'work')
    const work: Work = { url: server.url, directory, pkgpanda: unpackProgram(repository, join(scratch, 'program')) }
    await measure(work, completeIds(repository), Number(values.rounds))
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

async function measure(work: Work, ids: readonly string[], rounds: number): Promise<void> {
  const largest = ids.find(id => id.startsWith('nodejs--'))
  if (largest === undefined) throw new Error('the repository has no package nodejs')
  const rows = [['', 'pkgpanda ms', 'curl | tar ms', 'ratio']]
  for (const [name, some] of [
    [`all ${ids.length} packages`, ids],
    ['nodejs alone', [largest]],
    ['the others', ids.filter(id => id !== largest)],
  ] as const) {
    const [ours, peer]: [number[], number[]] = [[], []]
    for (let round = 0; round < rounds; round++) {
      ours.push(await timed(work, ourCommand(work, some)))
      peer.push(await timed(work, peerCommand(work, some)))
    }
    const spreads = [ours, peer].map(each => formatSpread(spreadOf(each), 0))
    rows.push([name, ...spreads, formatSpread(spreadOf(ratiosOf(ours, peer)), 2)])
  }
  const peaks = await peakMemory(work, ourCommand(work, [largest]))
  const memory = [...peaks].map(([name, kib]) => `${name} ${(kib / 1024).toFixed(1)} MiB`).join(', ')
  process.stdout.write(
    `${formatRows(rows)}\n\nmaximum resident set for ${largest}: ${memory}\nours: ${ourCommand(work, ['ID...']).join(' ')}\n` +
      `peer: ${peerCommand(work, ['ID']).at(-1)}\n`,
  )
}

/** Ids of the last complete build. */
function completeIds(repository: string): string[] {
  return JSON.parse(readFileSync(join(repository, 'complete/complete.latest.json'), 'utf8')).packages
}

function unpackProgram(repository: string, directory: string): string[] {
  const ids = completeIds(repository)
  for (const name of ['nodejs', 'pkgpanda']) {
    const id = ids.find(each => each.startsWith(`${name}--`))
    const target = join(directory, name)
    mkdirSync(target, { recursive: true })
    execFileSync('tar', ['-xJf', join(repository, `packages/${name}/${id}.tar.xz`), '-C', target])
  }
  // The launcher itself names the paths of a node.
  const { sources } = JSON.parse(readFileSync(join(PROJECT, 'packages/pkgpanda/buildinfo.json'), 'utf8'))
  return [
    join(directory, 'nodejs/bin/node'),
    ...sources.pkgpanda.nodeFlags,
    join(directory, 'pkgpanda/pkgpanda/main.js'),
  ]
}

function ourCommand({ url, directory, pkgpanda }: Work, ids: readonly string[]): string[] {
  const paths = [`--root=${directory}`, `--repository=${directory}/packages`, `--config-dir=${directory}/etc`]
  return [...pkgpanda, 'fetch', ...paths, `--repository-url=${url}`, ...ids]
}

function peerCommand({ url, directory }: Work, ids: readonly string[]): string[] {
  const one = (id: string) => {
    const target = `${directory}/packages/${id}`
    return `mkdir -p ${target} && curl -s ${url}/packages/${id.split('--')[0]}/${id}.tar.xz | tar -xJ -C ${target}`
  }
  return ['sh', '-c', ids.map(one).join(' && ')]
}

/** Wall time in ms. What the run before left to write is written first, so that nobody pays for another. */
async function timed({ directory }: Work, [program = '', ...args]: readonly string[]): Promise<number> {
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory)
  execFileSync('sync')
  const started = performance.now()
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const [status] = await once(child, 'close')
  if (status !== 0) throw new Error(`${program} ended with ${status}`)
  return performance.now() - started
}

/** Of the process and of its children, by name, in KiB: VmHWM of proc_pid_status(5), which only grows, sampled to the end. */
async function peakMemory(
  { directory }: Work,
  [program = '', ...args]: readonly string[],
): Promise<Map<string, number>> {
  rmSync(directory, { recursive: true, force: true })
  mkdirSync(directory)
  const peaks = new Map<string, number>()
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const sample = setInterval(() => {
    for (const pid of [child.pid ?? 0, ...childrenOf(child.pid ?? 0)]) {
      const status = readText(`/proc/${pid}/status`)
      const [, name = ''] = /^Name:\s+(\S+)/m.exec(status) ?? []
      const [, kib = '0'] = /^VmHWM:\s+(\d+) kB/m.exec(status) ?? []
      // Between fork and exec a child is a copy of its parent.
      if (name !== '' && (pid === child.pid || !name.startsWith('node'))) {
        peaks.set(name, Math.max(peaks.get(name) ?? 0, Number(kib)))
      }
    }
  }, SAMPLE_MS)
  try {
    await once(child, 'close')
  } finally {
    clearInterval(sample)
  }
  return peaks
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap(task =>
      readText(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean).map(Number),
    )
  } catch {
    return []
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

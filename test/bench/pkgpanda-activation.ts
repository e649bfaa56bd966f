/**
 * Activation of 40 packages with 2,000 files, without systemd, beside the least that such a merge can be: cp(1) making the same
 * links, and sync(1) of the file system. Also how many system calls ours takes.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PROJECT } from '../testbed/settings.ts'
import { formatRows, formatSpread, ratiosOf, spreadOf } from './statistics.ts'

const ROUNDS = 7
const PACKAGES = 40
const FILES_PER_PACKAGE = 50
/** The calls that a swap is made of; all others are counted together. */
const CALLS = ['symlink', 'mkdir', 'rename', 'fsync', 'unlink', 'rmdir']

/** Needs `npm run build`, and strace(1) for the count. Throws when a command fails. */
export function activation(): void {
  const directory = mkdtempSync(join(tmpdir(), 'pkgpanda-bench-'))
  try {
    const ids = makePackages(join(directory, 'packages'))
    const ours = [join(PROJECT, 'build/bin/pkgpanda'), 'activate', ...ids, ...pathOptions(directory)]
    const merge = `cd ${directory}; rm -rf peer; mkdir peer; cp -rs "$PWD"/packages/*/{bin,etc,lib,include,dcos.target.wants} peer/; sync -f peer`
    const peer = ['bash', '-c', merge]
    // Once before: what the first activation alone does (users, caches) is not measured.
    runMs(ours)
    const times = { ours: [] as number[], peer: [] as number[] }
    for (let round = 0; round < ROUNDS; round++) {
      times.ours.push(runMs(ours))
      times.peer.push(runMs(peer))
    }
    const rows = [
      ['', 'wall ms', 'ours / peer'],
      [
        'pkgpanda activate',
        formatSpread(spreadOf(times.ours), 0),
        formatSpread(spreadOf(ratiosOf(times.ours, times.peer)), 2),
      ],
      ['cp -rs, sync -f', formatSpread(spreadOf(times.peer), 0), formatSpread({ min: 1, median: 1, max: 1 }, 2)],
    ]
    process.stdout.write(
      `${PACKAGES} packages, ${PACKAGES * FILES_PER_PACKAGE} files, medians of ${ROUNDS} (min–max), alternating:\n${formatRows(rows)}\n\n` +
        `system calls of one activation, all threads: ${countCalls(ours, directory)}\n` +
        `ours: pkgpanda activate ID… ${pathOptions('DIR').join(' ')}\npeer: ${merge.replaceAll(directory, 'DIR')}\n`,
    )
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function pathOptions(directory: string): string[] {
  return [
    `--root=${directory}/root`,
    `--repository=${directory}/packages`,
    `--config-dir=${directory}/config`,
    `--state-dir-root=${directory}/state`,
    ...['--rooted-systemd', '--no-systemd'],
  ]
}

function makePackages(repository: string): string[] {
  return Array.from({ length: PACKAGES }, (_, number) => {
    const id = `component-${number}--1`
    for (const folder of ['bin', 'etc', 'lib', 'include', 'dcos.target.wants']) {
      mkdirSync(join(repository, id, folder), { recursive: true })
    }
    writeFileSync(
      join(repository, id, 'pkginfo.json'),
      JSON.stringify({ environment: { [`VARIABLE_${number}`]: '1' } }),
    )
    writeFileSync(
      join(repository, id, 'buildinfo.full.json'),
      JSON.stringify({ name: `component-${number}`, package_version: '1' }),
    )
    for (let file = 0; file < FILES_PER_PACKAGE; file++) {
      const unit = file < 2 ? `dcos.target.wants/component-${number}-${file}.service` : undefined
      const path = unit ?? `${['bin', 'etc', 'lib', 'include'][file % 4]}/file-${number}-${file}`
      writeFileSync(join(repository, id, path), unit ? '[Service]\nExecStart=/bin/true\n' : 'x')
    }
    return id
  })
}

function runMs([program, ...argv]: readonly string[]): number {
  const startedMs = performance.now()
  execFileSync(program!, argv)
  return performance.now() - startedMs
}

function countCalls(command: readonly string[], directory: string): string {
  const summary = execFileSync('strace', [
    '-f',
    '-qq',
    '-c',
    '-U',
    'calls,name',
    '-o',
    `${directory}/calls`,
    ...command,
  ])
  if (summary.length > 0) throw new Error(`${command[0]} printed ${summary}`)
  const lines = readFileSync(`${directory}/calls`, 'utf8')
  const counts = new Map([...lines.matchAll(/^\s*(\d+)\s+(\w+)$/gm)].map(([, count, name]) => [name!, Number(count)]))
  const total = counts.get('total') ?? 0
  const named = CALLS.map(name => ({ name, count: counts.get(name) ?? 0 }))
  const rest = total - named.reduce((sum, { count }) => sum + count, 0)
  return `${total} (${named.map(({ name, count }) => `${name} ${count}`).join(', ')}, others ${rest})`
}

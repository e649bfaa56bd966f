/**
 * Disturbs a command at each of its points and looks at the node afterwards. A state of the disk that has been seen before is
 * not mended again: what follows from it is known.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { correctedNumber } from './aim.ts'
import { type Ends, judgeDone, judgeInterrupted } from './judge.ts'
import { mend } from './mend.ts'
import { describeCall, findPoints, injection, type Kind, type Point } from './points.ts'
import { type Run, traceProgram } from './program.ts'
import type { Runner } from './runner.ts'
import { pathOptions, type Scenario, type Workshop } from './scenarios.ts'
import type { Call } from './trace-line.ts'
import { digestTree, readTree, type Tree, writeTree } from './tree.ts'

export type Fault = 'kill' | 'ENOSPC' | 'EIO'

export interface SweepOptions {
  readonly faults: readonly Fault[]
  /** Runs what comes after the fault. */
  readonly runner: Runner
  /** Nodes that are disturbed at the same time. */
  readonly parallel: number
  /** Which points; all of those that the fault can meet when left out. */
  readonly only?: (point: Point) => boolean
}

export interface Sweep {
  /** `kill rename` → points hit. */
  readonly hits: ReadonlyMap<string, number>
  readonly missed: readonly string[]
  readonly troubles: readonly string[]
  /** Different states of the disk, of which each was mended once. */
  readonly states: number
}

/** Removing asks for no space; modes and the like are no writes. */
const MEETS: Readonly<Record<Fault, readonly Kind[]>> = {
  kill: ['open', 'write', 'mkdir', 'symlink', 'link', 'rename', 'remove', 'mode', 'sync'],
  ENOSPC: ['open', 'write', 'mkdir', 'symlink', 'link', 'rename', 'sync'],
  EIO: ['open', 'write', 'mkdir', 'symlink', 'link', 'rename', 'remove', 'mode', 'sync', 'read'],
}
/** Calls on random names are known by their number only, which is not the same in every run. */
const TRIES = 16

/** Figures for others: when they cannot be written, that is told and no more. */
const BEST_EFFORT = / root\/prometheus/

/** Warnings, then one line that begins as 1.9's did. */
const FAULT_LINES = /^(WARNING: .*\n|A change of packages .*\n)*(Validation Error|Package Error|ERROR): .+\n$/

export interface Prepared {
  readonly start: Tree
  readonly ends: Ends
  readonly points: readonly Point[]
  /** Points that strace cannot be aimed at, see Point.isHidden. */
  readonly hidden: number
  /** The undisturbed run, and the node on which it took place. */
  readonly calls: readonly Call[]
  readonly node: string
}

/** Runs the command undisturbed: where it begins and ends, and its points. `scratch` is the caller's to remove. */
export async function prepare(workshop: Workshop, scenario: Scenario, scratch: string): Promise<Prepared> {
  const node = join(scratch, 'undisturbed')
  mkdirSync(node, { recursive: true })
  await scenario.start(workshop, node)
  const start = readTree(node)
  const words = command(workshop, scenario, node)
  const [main, all] = await Promise.all(
    [false, true].map(async threads => {
      const copy = join(scratch, threads ? 'threads' : 'main')
      writeTree(copy, start)
      const run = await traceProgram(workshop.program, command(workshop, scenario, copy), `${copy}.trace`, { threads })
      if (run.status !== 0) throw new Error(`${words.join(' ')} ended undisturbed with ${run.status}: ${run.err}`)
      return { calls: run.calls, copy }
    }),
  )
  if (main === undefined || all === undefined) throw new Error('two runs expected')
  const first = all.calls[0]?.thread ?? 0
  const others = findPoints(all.calls, all.copy, first).filter(({ isMain }) => !isMain)
  return {
    start,
    ends: { old: start, new: readTree(all.copy) },
    points: [...findPoints(main.calls, main.copy, 0), ...others.filter(({ isHidden }) => !isHidden)],
    hidden: others.filter(({ isHidden }) => isHidden).length,
    calls: all.calls,
    node: all.copy,
  }
}

export async function sweep(
  workshop: Workshop,
  scenario: Scenario,
  { start, ends, points }: Prepared,
  scratch: string,
  { faults, runner, parallel, only = () => true }: SweepOptions,
): Promise<Sweep> {
  const hits = new Map<string, number>()
  const troubles: string[] = []
  const mended = new Set<string>()
  const read = new Set<string>()
  const aims = faults.flatMap(fault =>
    points.filter(point => MEETS[fault].includes(point.kind) && only(point)).map(point => ({ fault, point })),
  )
  // Points that are the same call on random names have one key: which of them is hit is not always ours to say.
  const wanted = new Map<string, number>()
  for (const { fault, point } of aims) wanted.set(keyOf(fault, point), (wanted.get(keyOf(fault, point)) ?? 0) + 1)
  const queue = aims.values()

  const work = async (node: string) => {
    for (const { fault, point } of queue) {
      const key = keyOf(fault, point)
      let number = point.number
      for (let attempt = 0; attempt < TRIES && (wanted.get(key) ?? 0) > 0; attempt++) {
        const { hit, seen } = await disturb(node, fault, { ...point, number }, attempt === 0)
        if (hit === key) break
        // Every other attempt as it was: it may have been the run that was odd.
        number = attempt % 2 === 0 ? correctedNumber(point, points, seen) : point.number
      }
    }
  }

  /** Runs the command into the fault and looks at the node. Gives the key of the point that was hit, if it was one that is wanted. */
  const disturb = async (
    node: string,
    fault: Fault,
    point: Point,
    isQuick: boolean,
  ): Promise<{ hit?: string; seen: Point[] }> => {
    writeTree(node, start)
    const { calls, ...run } = await traceProgram(workshop.program, command(workshop, scenario, node), `${node}.trace`, {
      threads: !point.isMain,
      // A known path is met by nobody else, so that all may be looked at; should it be, the next attempt is the careful one.
      ...(isQuick && point.path !== undefined && { name: point.name }),
      inject: injection(point, node, fault === 'kill' ? 'signal=KILL' : `error=${fault}`),
    })
    // The first one: a second thread may come to the same number later, when the command has failed already.
    const call = calls.find(({ fatal, injected, name }) => name === point.name && (fault === 'kill' ? fatal : injected))
    const seen = findPoints(calls, node, point.isMain ? 0 : (calls[0]?.thread ?? 0))
    // A number that has shifted may be that of a write to a pipe, without which Node itself cannot live.
    const isMet =
      call?.paths.some(path => path.startsWith(`${node}/`)) && (fault !== 'kill' || run.signal === 'SIGKILL')
    if (call === undefined || !isMet) return { seen }
    const what = describeCall(call, node)
    const tell = (found: readonly string[]) =>
      troubles.push(...found.map(trouble => `${scenario.name}: ${fault} at ${what}: ${trouble}`))
    const found = readTree(node)
    const isTold = run.status === 0 && BEST_EFFORT.test(what) && run.err.startsWith('WARNING: ')
    if (fault !== 'kill' && !isTold) tell(judgeAnswer(run, found))
    if (scenario.isReadable !== false && !isTold) tell(judgeInterrupted(found, ends))
    const digest = digestTree(found)
    if (!isTold && !mended.has(digest)) {
      mended.add(digest)
      tell(await mend({ scenario, workshop, ends, runner, read }, node, found))
    }
    const key = keyOf(fault, { ...point, what })
    const left = wanted.get(key) ?? 0
    if (left === 0) return { seen }
    wanted.set(key, left - 1)
    const counted = `${fault} ${point.kind}`
    hits.set(counted, (hits.get(counted) ?? 0) + 1)
    return { hit: key, seen }
  }

  const judgeAnswer = (run: Run, found: Tree): string[] => {
    if (run.status === 0) return judgeDone(found, ends).map(trouble => `exit status 0, but ${trouble}`)
    if (run.status === 1 && FAULT_LINES.test(run.err) && !/\n {4}at /.test(run.err)) return []
    return [`no fault line but status ${run.status ?? run.signal}: ${run.err.slice(0, 500)}`]
  }

  await Promise.all(Array.from({ length: parallel }, (_, index) => work(join(scratch, `node-${index}`))))
  const missed = [...wanted].flatMap(([key, left]) => (left > 0 ? [`${scenario.name}: ${key}, ${left} times`] : []))
  return { hits, missed, troubles, states: mended.size }
}

function keyOf(fault: Fault, { isMain, what }: Point): string {
  return `${fault} at ${what}${isMain ? '' : ' in another thread'}`
}

function command(workshop: Workshop, scenario: Scenario, node: string): string[] {
  return [...scenario.words(workshop), ...pathOptions(node)]
}

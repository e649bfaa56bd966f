/**
 * Disturbs a command at each of its points and looks at the node afterwards. A state of the disk that has been seen before is
 * not mended again: what follows from it is known.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
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
/** Threads may take turns otherwise than in the undisturbed run: the call of that number is another one then. */
const SHIFTS = [0, 0, 1, -1, 2, -2]

/** Warnings, then one line that begins as 1.9's did. */
const FAULT_LINES = /^(WARNING: .*\n|A change of packages .*\n)*(Validation Error|Package Error|ERROR): .+\n$/

export interface Prepared {
  readonly start: Tree
  readonly ends: Ends
  readonly points: readonly Point[]
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
      const run = await traceProgram(command(workshop, scenario, copy), `${copy}.trace`, { threads })
      if (run.status !== 0) throw new Error(`${words.join(' ')} ended undisturbed with ${run.status}: ${run.err}`)
      return { calls: run.calls, copy }
    }),
  )
  if (main === undefined || all === undefined) throw new Error('two runs expected')
  const first = all.calls[0]?.thread ?? 0
  const points = [
    ...findPoints(main.calls, main.copy, 0),
    ...findPoints(all.calls, all.copy, first).filter(({ isMain }) => !isMain),
  ]
  return { start, ends: { old: start, new: readTree(all.copy) }, points, calls: all.calls, node: all.copy }
}

export async function sweep(
  workshop: Workshop,
  scenario: Scenario,
  { start, ends, points }: Prepared,
  scratch: string,
  { faults, runner, parallel, only = () => true }: SweepOptions,
): Promise<Sweep> {
  const hits = new Map<string, number>()
  const missed: string[] = []
  const troubles: string[] = []
  const mended = new Set<string>()
  const read = new Set<string>()
  const queue = faults
    .flatMap(fault =>
      points.filter(point => MEETS[fault].includes(point.kind) && only(point)).map(point => ({ fault, point })),
    )
    .values()

  const work = async (node: string) => {
    for (const { fault, point } of queue) {
      const what = `${scenario.name}: ${fault} at ${point.what} (${point.name} ${point.number})`
      const tell = (found: readonly string[]) => troubles.push(...found.map(trouble => `${what}: ${trouble}`))
      const run = await disturb(node, fault, point)
      if (run === undefined) missed.push(what)
      else {
        const counted = `${fault} ${point.kind}`
        hits.set(counted, (hits.get(counted) ?? 0) + 1)
      }
      const found = readTree(node)
      if (run && fault !== 'kill') tell(judgeAnswer(run, found))
      if (scenario.isReadable !== false) tell(judgeInterrupted(found, ends))
      const digest = digestTree(found)
      if (mended.has(digest)) continue
      mended.add(digest)
      tell(await mend({ scenario, workshop, ends, runner, read }, node, found))
    }
  }

  /** Undefined when it could not be brought to that point. */
  const disturb = async (node: string, fault: Fault, point: Point): Promise<Run | undefined> => {
    const effect = fault === 'kill' ? 'signal=KILL' : (`error=${fault}` as const)
    for (const shift of point.path === undefined ? SHIFTS : [0, 0]) {
      writeTree(node, start)
      const { calls, ...run } = await traceProgram(command(workshop, scenario, node), `${node}.trace`, {
        threads: !point.isMain,
        inject: injection({ ...point, number: Math.max(point.number + shift, 1) }, node, effect),
      })
      const call = calls.findLast(
        ({ fatal, injected, name }) => name === point.name && (fault === 'kill' ? fatal : injected),
      )
      const isEnded = fault !== 'kill' || run.signal === 'SIGKILL' || run.status === 137
      if (call && isEnded && describeCall(call, node) === point.what) return run
    }
    return undefined
  }

  const judgeAnswer = (run: Run, found: Tree): string[] => {
    if (run.status === 0) return judgeDone(found, ends).map(trouble => `exit status 0, but ${trouble}`)
    if (run.status === 1 && FAULT_LINES.test(run.err) && !/\n {4}at /.test(run.err)) return []
    return [`no fault line but status ${run.status ?? run.signal}: ${run.err.slice(0, 500)}`]
  }

  await Promise.all(Array.from({ length: parallel }, (_, index) => work(join(scratch, `node-${index}`))))
  return { hits, missed, troubles, states: mended.size }
}

function command(workshop: Workshop, scenario: Scenario, node: string): string[] {
  return [...workshop.program, ...scenario.words(workshop), ...pathOptions(node)]
}

/**
 * Cuts the power after each moment of a command's undisturbed run, in the model of disk-model.ts: every state in which the disk
 * may be then is put into a directory and mended. A state that has been seen before is not mended again.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Prepared } from './battery.ts'
import { readHistory } from './disk-history.ts'
import { statesAfter } from './disk-model.ts'
import { judgeInterrupted } from './judge.ts'
import { mend } from './mend.ts'
import type { Runner } from './runner.ts'
import type { Scenario, Workshop } from './scenarios.ts'
import { digestTree, writeTree } from './tree.ts'

export interface PowerCutOptions {
  readonly runner: Runner
  /** `fsync`: before each fsync and at the end, when most is uncertain; `every`: after each change as well. */
  readonly cuts: 'fsync' | 'every'
}

export interface PowerCuts {
  readonly cuts: number
  /** Different states of the disk. */
  readonly states: number
  readonly troubles: readonly string[]
}

export async function cutPower(
  workshop: Workshop,
  scenario: Scenario,
  { start, ends, calls, node: tracedNode }: Prepared,
  scratch: string,
  { runner, cuts }: PowerCutOptions,
): Promise<PowerCuts> {
  const node = join(scratch, 'power')
  mkdirSync(node, { recursive: true })
  const { origin, events } = readHistory(start, calls, tracedNode)
  const moments = events.flatMap((event, index) => (cuts === 'every' || 'sync' in event ? [index] : []))
  const troubles: string[] = []
  const seen = new Set<string>()
  const read = new Set<string>()
  for (const moment of [...moments, events.length]) {
    // The command has answered.
    const wasDone = moment === events.length && scenario.next === 'setup'
    for (const { lost, state } of statesAfter(origin, events.slice(0, moment))) {
      const digest = `${wasDone} ${digestTree(state)}`
      if (seen.has(digest)) continue
      seen.add(digest)
      writeTree(node, state)
      const found = scenario.isReadable === false ? [] : judgeInterrupted(state, ends)
      found.push(...(await mend({ workshop, scenario, ends, runner, read, wasDone }, node, state)))
      const what = `${scenario.name}: power cut after change ${moment} of ${events.length}, lost: ${lost}`
      troubles.push(...found.map(trouble => `${what}: ${trouble}`))
    }
  }
  return { cuts: moments.length + 1, states: seen.size, troubles }
}

/** After a fault: the next command, the same one again, and commands that only read must do as if nothing had happened. */
import { type Ends, isSwapping, judgeDone, judgeSettled } from './judge.ts'
import type { Runner } from './runner.ts'
import type { Scenario, Workshop } from './scenarios.ts'
import { digestTree, normalText, readTree, type Tree, writeTree } from './tree.ts'

const READS = [['list'], ['active'], ['check'], ['check', '--list']]

export interface Mending {
  readonly workshop: Workshop
  readonly scenario: Scenario
  readonly ends: Ends
  readonly runner: Runner
  /** Digests of the states in which the reading commands have been seen to work. */
  readonly read: Set<string>
  /** The command had succeeded before the fault: the old set is no answer any more. */
  readonly wasDone?: boolean
}

/** `node` is in the state `interrupted`. Gives what is wrong, a sentence each. */
export async function mend(
  { workshop, scenario, ends, runner, read, wasDone = false }: Mending,
  node: string,
  interrupted: Tree,
): Promise<string[]> {
  const again = () => runner(node, scenario.words(workshop))
  const mustBeNew = wasDone || scenario.ends === 'new' || (isSwapping(interrupted) && !scenario.isTrial)
  const next = await (scenario.next === 'setup' ? runner(node, ['setup']) : again())
  if (next.status !== 0) return [`the next command ended with ${next.status}: ${next.err}`]
  const settled = readTree(node)
  const found = judgeSettled(settled, ends, mustBeNew)
  if (scenario.isReadable !== false && !read.has(digestTree(settled))) {
    read.add(digestTree(settled))
    for (const words of READS) {
      const { status, err } = await runner(node, words)
      if (status !== 0) found.push(`${words.join(' ')} ended with ${status}: ${err}`)
    }
  }
  const last = await again()
  if (last.status !== 0) found.push(`the same command again ended with ${last.status}: ${last.err}`)
  else found.push(...judgeDone(readTree(node), ends).map(trouble => `after the same command again ${trouble}`))
  if (scenario.next === 'setup') {
    writeTree(node, interrupted)
    const straight = await again()
    if (straight.status !== 0) found.push(`the same command at once ended with ${straight.status}: ${straight.err}`)
    else found.push(...judgeDone(readTree(node), ends).map(trouble => `after the same command at once ${trouble}`))
  }
  return found.map(normalText)
}

/** Several pkgpandas at once on one node: one changes it, the others say who that is and leave (pkgpanda 7). */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Run, runProgram } from './program.ts'
import { pathOptions, type Workshop } from './scenarios.ts'

/** EX_TEMPFAIL of sysexits(3). */
export const LOCKED_STATUS = 75

/** A `fetch` that holds the lock until it is killed: its store takes the request and never answers. */
export async function holdLock(workshop: Workshop, node: string): Promise<{ pid: number; kill(): Promise<Run> }> {
  const store = createServer(() => {})
  store.listen(0, '127.0.0.1')
  await once(store, 'listening')
  const { port } = store.address() as AddressInfo
  const asked = once(store, 'request')
  const words = ['fetch', `--repository-url=http://127.0.0.1:${port}`, 'nothing--1']
  let pid = 0
  const ended = runProgram(workshop.program, [...words, ...pathOptions(node)], {
    onStart: started => {
      pid = started
    },
  })
  await Promise.race([asked, ended])
  return {
    pid,
    async kill() {
      process.kill(pid, 'SIGKILL')
      const run = await ended
      store.closeAllConnections()
      store.close()
      return run
    },
  }
}

/** All of the commands at once. */
export async function runTogether(
  { program }: Workshop,
  node: string,
  commands: readonly (readonly string[])[],
): Promise<{ runs: Run[]; pids: number[] }> {
  const pids: number[] = []
  const runs = commands.map(words =>
    runProgram(program, [...words, ...pathOptions(node)], { onStart: pid => pids.push(pid) }),
  )
  return { runs: await Promise.all(runs), pids }
}

/** The pid that a loser names; undefined when the owner had no time to answer or was gone by then. */
export function namedOwner({ err }: Run): number | undefined {
  const pid = /is being changed by pid (\d+) \(pkgpanda \w+\)/.exec(err)?.[1]
  return pid === undefined ? undefined : Number(pid)
}

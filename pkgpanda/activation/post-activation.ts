/**
 * Whether a set that was just made active is good (pkgpanda 7): all its units run, or rest as they should, and all its checks
 * pass. Asked again and again until it is or the time is over.
 */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Clock } from '../../src/shared/time/clock.ts'
import { readChecks } from '../package/checks.ts'
import { DCOS_TARGET, type InstallPaths } from '../swap/install-paths.ts'
import type { Systemctl, UnitState } from '../units/systemctl.ts'
import { readWantedUnits } from '../units/unit-links.ts'

export interface JudgeSurroundings {
  readonly paths: InstallPaths
  readonly systemctl?: Systemctl | undefined
  readonly clock: Clock
  readonly warn: (line: string) => void
}

const INTERVAL_MS = 1_000
/** A service in a crash loop runs for a moment now and then: it must be seen well twice, without a restart in between. */
const SETTLED_MS = 3_000
/** Sentences in an error are for people. */
const TROUBLE_MAX = 20

/** Resolves to what is wrong, nothing when all is well. `timeoutMs` bounds it, checks that do not end included. */
export async function awaitGoodSet(
  { paths, systemctl, clock, warn }: JudgeSurroundings,
  ids: readonly string[],
  timeoutMs: number,
): Promise<string[]> {
  const deadlineMs = clock.monotonicMs() + timeoutMs
  let settled: { sinceMs: number; restarts: string } | undefined
  let restarted = false
  while (true) {
    const states = systemctl ? await systemctl.states([DCOS_TARGET, ...readWantedUnits(paths)]) : []
    const trouble = unitTrouble(states)
    const restarts = states.map(({ unit, restarts }) => `${unit} ${restarts}`).join()
    const nowMs = clock.monotonicMs()
    restarted ||= settled !== undefined && settled.restarts !== restarts
    if (trouble.length > 0 || (settled && settled.restarts !== restarts)) settled = undefined
    else settled ??= { sinceMs: nowMs, restarts }
    // Without systemd there is nothing to settle.
    if (settled && (!systemctl || nowMs - settled.sinceMs >= SETTLED_MS)) {
      trouble.push(...(await checkTrouble(paths, ids, () => deadlineMs - clock.monotonicMs(), warn)))
      if (trouble.length === 0) return []
    }
    if (clock.monotonicMs() + INTERVAL_MS >= deadlineMs) {
      const unsettled = restarted
        ? 'units restart again and again'
        : `units were well, but not seen so for ${SETTLED_MS / 1_000} s: give it more time`
      return (trouble.length > 0 ? trouble : [unsettled]).slice(0, TROUBLE_MAX)
    }
    await clock.sleep(INTERVAL_MS)
  }
}

/** What is wrong with units that their target wants. One that ran once, or waits for its socket or timer, is inactive and well. Pure. */
export function unitTrouble(states: readonly UnitState[]): string[] {
  return states.flatMap(({ unit, loadState, activeState, subState, result, pending }) => {
    // Also what --no-block-systemd has only queued so far.
    if (pending) return [`${unit} is still being started`]
    if (loadState !== 'loaded') return [`${unit} is ${loadState}`]
    const rests = activeState === 'inactive' && result === 'success'
    if (activeState === 'active' || activeState === 'reloading' || rests) return []
    return [`${unit} is ${activeState} (${subState}, ${result})`]
  })
}

/** `leftMs`: how long all checks together may still take. One that hangs leaves nothing to those after it. */
async function checkTrouble(
  paths: InstallPaths,
  ids: readonly string[],
  leftMs: () => number,
  warn: (line: string) => void,
): Promise<string[]> {
  const files = ids.flatMap(id => {
    const directory = join(paths.repository, id, 'check')
    return readChecks(directory, warn).map(file => ({ id, path: join(directory, file) }))
  })
  const trouble: string[] = []
  for (const { id, path } of files) {
    const timeoutMs = Math.ceil(leftMs())
    const outcome = timeoutMs > 0 ? await runCheck(path, timeoutMs) : 'no time to run it'
    if (outcome !== 'status 0') trouble.push(`check ${path} of ${id} ended with ${outcome}`)
  }
  return trouble
}

/** How it ended: `status 3`, `signal SIGKILL` also when it took too long, `ENOENT`. */
function runCheck(path: string, timeoutMs: number): Promise<string> {
  return new Promise(resolve => {
    const child = spawn(path, { stdio: ['ignore', 'ignore', 'ignore'], timeout: timeoutMs, killSignal: 'SIGKILL' })
    child.on('error', error => resolve((error as NodeJS.ErrnoException).code ?? error.message))
    child.on('close', (status, signal) => resolve(signal ? `signal ${signal}` : `status ${status}`))
  })
}

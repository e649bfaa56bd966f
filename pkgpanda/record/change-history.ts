/** STATE/pkgpanda/history.json: what must be known of earlier changes, since pkgpanda does not run between them. */
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Disk, replaceFile } from '../disk/disk.ts'
import { formatJson } from '../disk/json-form.ts'
import type { InstallPaths } from '../swap/install-paths.ts'

export const RESULTS = ['done', 'failed', 'taken_back'] as const
export type Result = (typeof RESULTS)[number]

export interface LastActivation {
  readonly command: string
  readonly result: Result
  /** Fault code when it was not done. */
  readonly code?: string
  /** ms since the epoch. */
  readonly endedMs: number
  readonly durationMs: number
}

export interface ChangeHistory {
  readonly lastActivation?: LastActivation
  readonly activations: Readonly<Record<Result, number>>
  /** Id → bytes of the unpacked package, which never change. */
  readonly packageBytes: Readonly<Record<string, number>>
}

/** The last moment that a Date can say. */
const TIME_MAX_MS = 8.64e15

const EMPTY: ChangeHistory = { activations: { done: 0, failed: 0, taken_back: 0 }, packageBytes: {} }

function historyPath(paths: InstallPaths): string {
  return join(paths.stateRoot, 'pkgpanda', 'history.json')
}

/** The empty one when there is none or it is not JSON; what is damaged in it is left out: figures only. */
export function readHistory(paths: InstallPaths): ChangeHistory {
  try {
    return decodeHistory(JSON.parse(readFileSync(historyPath(paths), 'utf8')))
  } catch {
    return EMPTY
  }
}

/** Takes whatever JSON there is. Pure. */
export function decodeHistory(json: unknown): ChangeHistory {
  const { lastActivation, activations, packageBytes } = objectOf(json)
  const counts = objectOf(activations)
  const last = decodeLastActivation(objectOf(lastActivation))
  return {
    ...(last && { lastActivation: last }),
    activations: {
      done: isAmount(counts.done) ? counts.done : 0,
      failed: isAmount(counts.failed) ? counts.failed : 0,
      taken_back: isAmount(counts.taken_back) ? counts.taken_back : 0,
    },
    packageBytes: Object.fromEntries(
      Object.entries(objectOf(packageBytes)).filter((entry): entry is [string, number] => isAmount(entry[1])),
    ),
  }
}

function decodeLastActivation(json: Record<string, unknown>): LastActivation | undefined {
  const { command, result, code, endedMs, durationMs } = json
  const known = RESULTS.find(name => name === result)
  if (typeof command !== 'string' || known === undefined || !isAmount(durationMs)) return undefined
  if (!isAmount(endedMs) || endedMs > TIME_MAX_MS) return undefined
  return { command, result: known, ...(typeof code === 'string' && { code }), endedMs, durationMs }
}

function objectOf(json: unknown): Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json) ? { ...json } : {}
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

export function writeHistory(disk: Disk, paths: InstallPaths, history: ChangeHistory): void {
  mkdirSync(dirname(historyPath(paths)), { recursive: true })
  replaceFile(disk, historyPath(paths), formatJson(history))
}

/** The history with one more activation. Pure. */
export function addActivation(history: ChangeHistory, last: LastActivation): ChangeHistory {
  const { activations } = history
  return {
    ...history,
    lastActivation: last,
    activations: { ...activations, [last.result]: activations[last.result] + 1 },
  }
}

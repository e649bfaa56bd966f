/** STATE/pkgpanda/history.json: what must be known of earlier changes, since pkgpanda does not run between them. */
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Disk, replaceFile } from './disk.ts'
import type { InstallPaths } from './install-paths.ts'
import { formatJson } from './json-form.ts'

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

const EMPTY: ChangeHistory = { activations: { done: 0, failed: 0, taken_back: 0 }, packageBytes: {} }

function historyPath(paths: InstallPaths): string {
  return join(paths.stateRoot, 'pkgpanda', 'history.json')
}

/** The empty one when there is none or it is damaged: figures only. */
export function readHistory(paths: InstallPaths): ChangeHistory {
  try {
    const json = JSON.parse(readFileSync(historyPath(paths), 'utf8')) as Partial<ChangeHistory> | null
    return {
      ...EMPTY,
      ...json,
      activations: { ...EMPTY.activations, ...json?.activations },
      packageBytes: { ...json?.packageBytes },
    }
  } catch {
    return EMPTY
  }
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

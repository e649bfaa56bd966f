/** A directory of logs as on a node, for tests: made from a table, read back with what is compressed in plain. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Test } from 'tap'
import { formatRotation, type Rotation } from '../../src/logrotate/directives.ts'
import { type RunResult, runOnce } from '../../src/logrotate/run.ts'
import type { Reached } from '../../src/logrotate/steps.ts'
import { createLog } from '../../src/shared/log/journald.ts'

export const LOG = 'm.log'
export const SIZE_BYTES = 100

export interface LogFolder {
  readonly rotation: Rotation
  /** Lines that were logged. */
  readonly lines: string[]
  log(): string
  archive(name?: string): string
  /** Name → content of every file in the archive; a name ends in .gz only with valid gzip in it. */
  archived(): Record<string, string>
  run(options?: { hostPrograms?: string[]; reached?: Reached; nowMs?: number; timeoutMs?: number }): Promise<RunResult>
  readonly directory: string
}

/** `files`: content of the log and, by name, of the archive; what ends in .gz is compressed. Removed when `t` ends. */
export function logFolder(t: Test, log: string | undefined, files: Record<string, string> = {}, count = 4): LogFolder {
  const directory = mkdtempSync(join(tmpdir(), 'dcos-logrotate-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  const folder = openLogFolder(directory, count)
  mkdirSync(folder.archive(), { mode: 0o755 })
  if (log !== undefined) writeFileSync(folder.log(), log, { mode: 0o644 })
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(folder.archive(name), name.endsWith('.gz') ? gzipSync(content) : content)
  }
  return folder
}

/** One that is there. */
export function openLogFolder(directory: string, count = 4): LogFolder {
  const path = join(directory, LOG)
  const rotation = { log: path, archive: join(directory, 'archive'), sizeBytes: SIZE_BYTES, count }
  const lines: string[] = []
  const logger = createLog({ debug: true, write: line => void lines.push(line) })
  return {
    rotation,
    lines,
    directory,
    log: () => path,
    archive: (name = '') => join(rotation.archive, name),
    archived: () =>
      Object.fromEntries(
        readdirSync(rotation.archive)
          .sort()
          .map(name => {
            const bytes = readFileSync(join(rotation.archive, name))
            return [name, String(name.endsWith('.gz') ? gunzipSync(bytes) : bytes)]
          }),
      ),
    run({ hostPrograms = [], reached, nowMs = Date.now(), timeoutMs = 60_000 } = {}) {
      const configFile = join(directory, '..', `${directory.split('/').at(-1)}.config`)
      writeFileSync(configFile, formatRotation(rotation))
      const config = {
        role: 'agent',
        configFile,
        stateFile: `${directory}.status`,
        hostConfigFile: `${directory}.host/agent.config`,
        hostPrograms,
        hostTimeoutMs: timeoutMs,
      } as const
      const run = runOnce({ config, log: logger, nowMs, ...(reached && { reached }) })
      return run.finally(() => {
        for (const left of [configFile, config.stateFile, `${directory}.host`])
          rmSync(left, { recursive: true, force: true })
      })
    },
  }
}

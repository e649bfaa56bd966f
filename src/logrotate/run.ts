/** One run: read what to rotate, finish what was interrupted, rotate by the host's logrotate or by ourselves, delete what is too much. */
import { mkdir, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { readConfigFile } from '../shared/config/json-file.ts'
import { isFault } from '../shared/errors/fault.ts'
import { writeFileAtomic } from '../shared/fs/atomic-write.ts'
import type { Log } from '../shared/log/journald.ts'
import { deleteOldest } from './clean.ts'
import type { LogrotateConfig } from './config.ts'
import { formatRotation, parseRotation } from './directives.ts'
import { type Directory, openArchive, openLogDirectory } from './directory.ts'
import { faults } from './errors.ts'
import { checkWithHost, findHostProgram, rotateWithHost } from './host.ts'
import { newest } from './names.ts'
import { continueRotation, type Place, rotate } from './rotate.ts'
import type { Reached } from './steps.ts'

export interface RunOptions {
  config: Readonly<LogrotateConfig>
  log: Log
  nowMs: number
  reached?: Reached
}

export interface RunResult {
  /** Bytes that left the log; 0 when it was not due. */
  rotatedBytes: number
  deletedFiles: number
  /** For STATUS= and people. */
  sentence: string
}

/** Files beside the rotated ones, which Mesos itself begins (log 11). */
const OTHER_FILES = 25

/** Rejects with LOGROTATE_* or CONFIG_FILE_UNREADABLE. */
export async function runOnce({ config, log, nowMs, reached = () => {} }: RunOptions): Promise<RunResult> {
  const rotation = parseRotation(await readConfigFile(config.configFile), config.configFile)
  await using directory = await openOrFault(dirname(rotation.log), openLogDirectory)
  await using archive = await openOrFault(rotation.archive, path => openArchive(directory, path))
  const place: Place = { rotation, directory, archive, nowMs, reached }

  if (await continueRotation(place)) log.warning('an interrupted rotation was finished', { log: rotation.log })
  const program = await findHostProgram(config.hostPrograms)
  const rotatedBytes =
    (program === undefined ? await rotate(place) : await rotateByHost(program, config, place, log)) ?? 0
  if (rotatedBytes === 0) return { rotatedBytes, deletedFiles: 0, sentence: `${rotation.log} is not due` }

  const keep = rotation.count + OTHER_FILES
  const deletedFiles = await deleteOldest({ directory, log: rotation.log, keep, logger: log })
  const sentence = `${rotation.log} rotated by ${program ?? 'dcos-logrotate'}`
  log.info(sentence, { bytes: rotatedBytes, deleted_files: deletedFiles })
  return {
    rotatedBytes,
    deletedFiles,
    sentence: `${sentence}: ${rotatedBytes} bytes, ${deletedFiles} old files deleted`,
  }
}

/** Bytes rotated; undefined when it saw nothing to do. */
async function rotateByHost(
  program: string,
  { hostConfigFile, stateFile, hostTimeoutMs }: Readonly<LogrotateConfig>,
  { rotation, archive }: Place,
  log: Log,
): Promise<number | undefined> {
  const run = { program, configFile: hostConfigFile, stateFile, timeoutMs: hostTimeoutMs }
  await mkdir(dirname(hostConfigFile), { recursive: true, mode: 0o755 })
  await writeFileAtomic(hostConfigFile, formatRotation(rotation), { mode: 0o644, volatile: true })
  await checkWithHost(run)

  const before = await newestOf(archive, rotation.log)
  const say = (lines: readonly string[]) => {
    for (const line of lines) log.info(`logrotate: ${line}`)
  }
  const lines = await rotateWithHost(run, say)
  const after = await newestOf(archive, rotation.log)
  // DEPARTURE (log 11): 1.9 had its fifteen lines in the journal every two minutes, whether it did something or not.
  if (!after || (before?.ino === after.ino && before.mtimeMs === after.mtimeMs)) return undefined
  say(lines)
  return after.size
}

function newestOf(archive: Directory, log: string) {
  return stat(archive.at(newest(basename(log)))).catch(() => undefined)
}

async function openOrFault(path: string, open: (path: string) => Promise<Directory>): Promise<Directory> {
  try {
    return await open(path)
  } catch (error) {
    throw isFault(error)
      ? error
      : faults.STEP_FAILED('open the directory', path, (error as Error).message).because(error)
  }
}

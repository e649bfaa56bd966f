/** What every command gets: places, the world outside, and the options it was given. Built once, in context.ts. */
import type { ActivationSurroundings } from './activation/activate.ts'
import type { UserDatabase } from './activation/users.ts'
import type { Progress } from './command-line/progress.ts'
import type { AuditJournal, Origin } from './record/audit.ts'
import type { InstallPaths } from './swap/install-paths.ts'
import type { Recovery } from './swap/recover.ts'
import type { Systemctl } from './units/systemctl.ts'

export interface CommandOptions {
  readonly repositoryUrl?: readonly string[]
  readonly allowUnverified?: boolean
  readonly allowUnsigned?: boolean
  readonly force?: boolean
  readonly list?: boolean
  readonly all?: boolean
  readonly dryRun?: boolean
  /** As it was written: `30s`. */
  readonly checkTimeout?: string
  /** As it was written: a number. */
  readonly keep?: string
  readonly purge?: boolean
  readonly purgeState?: boolean
  readonly json?: boolean
}

export interface CommandContext {
  readonly paths: InstallPaths
  /** Read when the process starts. */
  readonly roles: readonly string[]
  readonly options: CommandOptions
  /** Text on stdout, as 1.9 wrote it; dropped with --json. */
  readonly out: (text: string) => void
  /** A line on stderr; dropped with --silent. */
  readonly warn: (line: string) => void
  /** For whoever waits; does nothing where nobody looks. */
  readonly progress: Progress
  readonly random: () => string
  readonly surroundings: ActivationSurroundings
  /** What was finished or taken back before this command began. */
  readonly recovered: Recovery
}

/** The world outside, so that tests run commands without systemd and without making users. */
export interface CommandWorld {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  readonly users: UserDatabase
  /** Not asked for with --no-systemd. `noBlock`: the start of the target is queued, not waited for. */
  readonly systemctl: (noBlock: boolean) => Systemctl
  readonly random: () => string
  /** The command line of this very program, by paths that no swap moves. */
  readonly self: readonly string[]
  /** Who asks, and from where; asked only by commands that change something. */
  readonly origin: () => Origin
  /** The system's journal, for one line about each change; not opened with --no-systemd. */
  readonly openAudit: () => Promise<AuditJournal>
  /** Whether stderr is a terminal, on which progress may be drawn. */
  readonly isTerminal: boolean
  /** Who is told of progress instead of a terminal. */
  readonly progress?: Progress
  /** Of the terminal, for help and progress; undefined off a terminal. */
  readonly columns?: number | undefined
}

/**
 * A file of commands/ exports `run`. It writes what a person reads through `out` and resolves to the same as a JSON value,
 * for --json and the HTTP API; or rejects with the fault to be shown.
 */
export type RunCommand = (context: CommandContext, words: readonly string[]) => Promise<unknown>

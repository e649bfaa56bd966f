/** What every command gets: places, the world outside, and the options it was given. Built once, in cli.ts. */
import type { ActivationSurroundings } from './activate.ts'
import type { InstallPaths } from './install-paths.ts'
import type { Systemctl } from './systemctl.ts'
import type { UserDatabase } from './users.ts'

export interface CommandOptions {
  readonly repositoryUrl?: readonly string[]
  readonly allowUnverified?: boolean
  readonly allowUnsigned?: boolean
  readonly force?: boolean
  readonly list?: boolean
  readonly all?: boolean
}

export interface CommandContext {
  readonly paths: InstallPaths
  /** Read when the process starts. */
  readonly roles: readonly string[]
  readonly options: CommandOptions
  readonly out: (text: string) => void
  /** A line on stderr; dropped with --silent. */
  readonly warn: (line: string) => void
  /** Bytes received so far, for a person; does nothing off a terminal. */
  readonly progress: (what: string, received: number, total: number | undefined) => void
  readonly random: () => string
  readonly surroundings: ActivationSurroundings
}

/** The world outside, so that tests run commands without systemd and without making users. */
export interface CommandWorld {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  readonly users: UserDatabase
  /** `undefined` with --no-systemd. */
  readonly systemctl: (noBlockStop: boolean, noBlockStart: boolean) => Systemctl
  readonly random: () => string
  /** The command line of this very program, by paths that no swap moves. */
  readonly self: readonly string[]
}

/** A file of commands/ exports `run`; it resolves to nothing, or rejects with the fault to be shown. */
export type RunCommand = (context: CommandContext, words: readonly string[]) => Promise<void>

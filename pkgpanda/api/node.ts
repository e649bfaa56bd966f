/**
 * The node as the API sees it: reads through the functions that the commands use, changes through the commands themselves, so that
 * lock, recovery, audit line and metrics are those of the command line.
 */
import type { CommandOptions, CommandWorld } from '../command.ts'
import type { Progress } from '../command-line/progress.ts'
import { findCommand } from '../command-table.ts'
import { installPaths, type ParsedOptions } from '../context.ts'
import { runCommand } from '../run-command.ts'
import type { InstallPaths } from '../swap/install-paths.ts'

export type ChangeName = 'activate' | 'fetch' | 'remove' | 'rollback'

export interface NodeRequest {
  readonly options?: CommandOptions
  /** For the audit line: `10.0.0.7`, as the client or Admin Router says. */
  readonly client: string
  readonly progress?: Progress
}

export interface Node {
  readonly paths: InstallPaths
  /** Resolves to the command's value. Rejects with PKGPANDA_LOCKED and every fault of the command. */
  run(command: ChangeName | 'status', words: readonly string[], request: NodeRequest): Promise<unknown>
}

/** `parsed`: the path options. `world` is made anew for each command, since an activation may have moved the programs it names. */
export function openNode(parsed: ParsedOptions, world: () => Omit<CommandWorld, 'origin' | 'progress'>): Node {
  return {
    paths: installPaths(parsed),
    async run(command, words, { options = {}, client, progress }) {
      // Every name of the type stands in the table.
      return await runCommand(findCommand(command)!, { ...parsed, ...options }, words, {
        ...world(),
        origin: () => ({ who: 'root', from: `the API for ${client}` }),
        ...(progress && { progress }),
      })
    },
  }
}

/** Around each change of the node: the audit line in the journal, and the figures that Prometheus is shown. */
import { isFault } from '../../src/shared/errors/fault.ts'
import type { CommandContext, CommandWorld } from '../command.ts'
import { readActiveDirectory } from '../repository/repository.ts'
import { swappedPath } from '../swap/install-paths.ts'
import { describeRecovery } from '../swap/recover.ts'
import { type ChangeRecord, formatAudit } from './audit.ts'
import { writeChangeMetrics } from './change-metrics.ts'

export interface ChangeRequest {
  readonly command: string
  readonly words: readonly string[]
}

/** Resolves and rejects as `work` does, whatever becomes of the record afterwards. Rejects with the system's error when the active set cannot be read before it. */
export async function recordChange<T>(
  context: CommandContext,
  world: CommandWorld,
  { command, words }: ChangeRequest,
  work: () => Promise<T>,
): Promise<T> {
  const { paths, surroundings, warn } = context
  const { clock } = surroundings
  const active = () => readActiveDirectory(swappedPath(paths, 'active'))
  const before = active()
  // In a scratch directory the machine's journal is left alone. Before the work: uninstall removes the files of this very program.
  const audit = surroundings.systemctl ? await world.openAudit() : undefined
  const audited = (record: Omit<ChangeRecord, 'origin'>) => audit?.(formatAudit({ ...record, origin: world.origin() }))
  const recovery = describeRecovery(context.recovered)
  if (recovery.length > 0) {
    await audited({ command: 'recover', words: recovery, added: [], removed: [], durationMs: 0 })
  }
  const startedMs = clock.monotonicMs()
  let failure: { error: unknown } | undefined
  try {
    return await work()
  } catch (error) {
    failure = { error }
    throw error
  } finally {
    const durationMs = clock.monotonicMs() - startedMs
    const record = async () => {
      const after = active()
      const outcome = {
        ...{ command, words, durationMs },
        added: after.filter(id => !before.includes(id)),
        removed: before.filter(id => !after.includes(id)),
        ...(failure && { error: failure.error }),
      }
      await audited(outcome)
      await writeChangeMetrics(context, outcome).catch((error: Error) => {
        warn(`WARNING: the metrics of this change were not written: ${error.message}`)
      })
    }
    // A wrong option changes nothing and says so on stderr.
    if (!isFault(failure?.error, 'PKGPANDA_USAGE')) {
      // What is thrown in here would take the place of the failure itself, or make one of what was done.
      await record().catch((error: Error) => {
        warn(`WARNING: the record of this change is not complete: ${error.message}`)
      })
    }
  }
}

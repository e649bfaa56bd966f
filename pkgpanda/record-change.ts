/** Around each change of the node: the audit line in the journal, and the figures that Prometheus is shown. */
import { isFault } from '../src/shared/errors/fault.ts'
import { type ChangeRecord, formatAudit } from './audit.ts'
import { writeChangeMetrics } from './change-metrics.ts'
import type { CommandContext, CommandWorld } from './command.ts'
import { swappedPath } from './install-paths.ts'
import { describeRecovery } from './recover.ts'
import { readActiveDirectory } from './repository.ts'

export interface ChangeRequest {
  readonly command: string
  readonly words: readonly string[]
}

/** Resolves and rejects as `work` does, whatever becomes of the record. */
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
  // Before the work: uninstall removes the files of this very program.
  const audit = surroundings.systemctl ? await world.openAudit() : undefined
  const audited = (record: Omit<ChangeRecord, 'origin'>) =>
    // In a scratch directory the machine's journal is left alone.
    audit?.(formatAudit({ ...record, origin: world.origin() }))
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
    const after = active()
    const durationMs = clock.monotonicMs() - startedMs
    const record = {
      ...{ command, words, durationMs },
      added: after.filter(id => !before.includes(id)),
      removed: before.filter(id => !after.includes(id)),
      ...(failure && { error: failure.error }),
    }
    // A wrong option changes nothing and says so on stderr.
    if (!isFault(failure?.error, 'PKGPANDA_USAGE')) {
      await audited(record)
      await writeChangeMetrics(context, record).catch((error: Error) => {
        warn(`WARNING: the metrics of this change were not written: ${error.message}`)
      })
    }
  }
}

/**
 * One command from its options to its result, for the command line and the HTTP API alike: lock and recovery before it, and
 * after a change a line in the journal and the metrics.
 */
import type { CommandWorld } from './command.ts'
import type { CommandDefinition } from './command-table.ts'
import { createContext, type ParsedOptions } from './context.ts'
import { recordChange } from './record/record-change.ts'

/** Resolves to what the command's `run` resolves to. Rejects with PKGPANDA_LOCKED and every fault of the command. */
export async function runCommand(
  { name, access, load }: CommandDefinition,
  parsed: ParsedOptions,
  words: readonly string[],
  world: CommandWorld,
): Promise<unknown> {
  const { run } = await load()
  const looks = access === 'read' || parsed.dryRun === true
  await using context = await createContext({ name, access: looks ? 'read' : access }, parsed, world)
  if (looks) return await run(context, words)
  return await recordChange(context, world, { command: name, words }, () => run(context, words))
}

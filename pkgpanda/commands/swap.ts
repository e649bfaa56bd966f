/** `pkgpanda swap ID`: the active set with that one package in another version (pkgpanda 2.2). Silent, but for --dry-run. */
import { swappedSet } from '../activation/activate.ts'
import { changeSet } from '../activation/change-set.ts'
import type { RunCommand } from '../command.ts'
import { readActive } from '../repository/repository.ts'

export const run: RunCommand = async (context, [id = '']) =>
  await changeSet(context, swappedSet(readActive(context.paths), id))

/** `pkgpanda swap ID`: the active set with that one package in another version (pkgpanda 2.2). Silent, but for --dry-run. */
import { swappedSet } from '../activate.ts'
import { changeSet } from '../change-set.ts'
import type { RunCommand } from '../command.ts'
import { readActive } from '../repository.ts'

export const run: RunCommand = async (context, [id = '']) =>
  await changeSet(context, swappedSet(readActive(context.paths), id))

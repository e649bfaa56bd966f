/** `pkgpanda swap ID`: the active set with that one package in another version (pkgpanda 2.2). Silent. */
import { activate, swappedSet } from '../activate.ts'
import type { RunCommand } from '../command.ts'
import { readActive } from '../repository.ts'

export const run: RunCommand = async ({ surroundings, paths, options }, [id = '']) => {
  await activate(surroundings, swappedSet(readActive(paths), id), { all: options.all ?? false })
}

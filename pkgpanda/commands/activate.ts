/** `pkgpanda activate ID...`: exactly these become active (pkgpanda 2.2). Silent. */
import { activate } from '../activate.ts'
import type { RunCommand } from '../command.ts'

export const run: RunCommand = async ({ surroundings, options }, ids) => {
  await activate(surroundings, ids, { all: options.all ?? false })
}

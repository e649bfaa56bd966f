/** `pkgpanda activate ID...`: exactly these become active (pkgpanda 2.2). Silent, but for --dry-run. */
import { changeSet } from '../activation/change-set.ts'
import type { RunCommand } from '../command.ts'

export const run: RunCommand = (context, ids) => changeSet(context, ids)

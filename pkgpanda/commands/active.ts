/** `pkgpanda active`: the active ids, one a line (pkgpanda 2.2). */
import type { RunCommand } from '../command.ts'
import { readActive } from '../repository/repository.ts'

export const run: RunCommand = async ({ paths, out }) => {
  const active = readActive(paths)
  out(active.map(id => `${id}\n`).join(''))
  return { active }
}

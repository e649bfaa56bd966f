/** Source kind `git_local` (pkgpanda 3.2): the commit that is checked out in a repository on this machine. */
import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { type Static, Type } from 'typebox'
import { faults } from '../errors.ts'
import { checkOut } from './git.ts'
import { gitFor } from './git-command.ts'
import type { SourceKind } from './source-kind.ts'

const schema = Type.Object(
  // Relative to the package's folder, as in the original: most such repositories hold the package, and lie at `../..`.
  { kind: Type.Literal('git_local'), rel_path: Type.String({ pattern: '^[^/\\0][^\\0]*$' }) },
  { additionalProperties: false },
)

export const gitLocal: SourceKind<Static<typeof schema>> = {
  kind: 'git_local',
  schema,
  async resolve({ rel_path }, context) {
    const git = gitFor(context)
    const repository = await realpath(join(context.folder, rel_path)).catch(error => {
      throw faults.SOURCE_MISSING(context.packageName, context.sourceName, rel_path).because(error)
    })
    // Untracked files too: they would not be in the package, and whoever wrote them would wonder.
    const changed = await git('-C', repository, 'status', '--porcelain', '--untracked-files=normal')
    if (changed !== '') throw faults.SOURCE_DIRTY(context.packageName, context.sourceName, rel_path, firstLine(changed))
    const ref = await git('-C', repository, 'rev-parse', '--verify', 'HEAD')
    return {
      id: { commit: ref },
      files: [],
      place: folder => checkOut(repository, { git: rel_path, ref }, folder, git),
    }
  },
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0]!.trim()
}

/** Source kind `git` (pkgpanda 3.2): a commit of a repository elsewhere. `ref_origin` says where it came from, and binds nothing. */
import { randomBytes } from 'node:crypto'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Static, Type } from 'typebox'
import { canonicalHash } from '../canonical-hash.ts'
import { faults } from '../errors.ts'
import { exists } from '../exists.ts'
import { type Git, gitFor } from './git-command.ts'
import type { SourceContext, SourceKind } from './source-kind.ts'

const schema = Type.Object(
  {
    kind: Type.Literal('git'),
    git: Type.String({ pattern: '^[^\\s\\0-]\\S*$' }),
    ref: Type.String({ pattern: '^[0-9a-f]{40}$' }),
    ref_origin: Type.String({ pattern: '^[^\\s\\0-]\\S*$' }),
  },
  { additionalProperties: false },
)

type GitSource = Static<typeof schema>

export const git: SourceKind<GitSource> = {
  kind: 'git',
  schema,
  async resolve(source, context) {
    return {
      id: { commit: source.ref },
      files: [],
      place: async folder => checkOut(await fetched(source, context), source, folder, gitFor(context)),
    }
  },
}

/** A bare clone that has the commit, kept in the cache: `git/<hash of URL and commit>`. */
async function fetched(source: GitSource, context: SourceContext): Promise<string> {
  const { git: url, ref, ref_origin } = source
  const git = gitFor(context)
  const directory = join(context.cacheDirectory, 'git')
  const clone = join(directory, canonicalHash({ url, ref }, 'sha256'))
  if (await exists(clone)) return clone
  await mkdir(directory, { recursive: true })
  const temporary = `${clone}.${randomBytes(6).toString('hex')}`
  try {
    await git('clone', '--quiet', '--mirror', '--', url, temporary)
    await git('-C', temporary, 'cat-file', '-e', `${ref}^{commit}`).catch(error => {
      context.signal.throwIfAborted()
      throw faults.SOURCE_MISSING(context.packageName, context.sourceName, `commit ${ref} of ${url}`).because(error)
    })
    const now = await git('-C', temporary, 'rev-parse', '--verify', '--quiet', `${ref_origin}^{commit}`).catch(() => '')
    if (now !== ref)
      context.warn(
        `source '${context.sourceName}': ${ref_origin} of ${url} is ${now || 'gone'}, taking ${ref} all the same`,
      )
    // Another build may have been quicker: its clone is as good.
    await rename(temporary, clone).catch(async error => {
      if (!(await exists(clone))) throw error
    })
    return clone
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

/**
 * A clone of its own in `folder`, at `ref`, with `git` as its origin. Objects are copied: as hard links they would let a build
 * script write into the repository that they come from.
 */
export async function checkOut(
  from: string,
  { git: url, ref }: { git: string; ref: string },
  folder: string,
  git: Git,
): Promise<void> {
  await git('clone', '--quiet', '--no-hardlinks', '--no-checkout', '--', from, folder)
  await git('-C', folder, 'remote', 'set-url', '--', 'origin', url)
  await git('-C', folder, '-c', 'advice.detachedHead=false', 'checkout', '--quiet', '--detach', ref)
}

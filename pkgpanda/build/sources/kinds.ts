/** The kinds of sources that buildinfo.json may name. */
import { bundle } from './bundle.ts'
import { files } from './files.ts'
import { git } from './git.ts'
import { gitLocal } from './git-local.ts'
import { npm } from './npm.ts'
import type { SourceKind } from './source-kind.ts'
import { url, urlExtract } from './url.ts'

export const SOURCE_KINDS: ReadonlyMap<string, SourceKind> = new Map(
  // Each kind's schema is checked before its resolve() is called, so it only meets sources of its own.
  ([bundle, files, git, gitLocal, npm, url, urlExtract] as SourceKind[]).map(each => [each.kind, each]),
)

/** What a kind of source is: the one interface behind which bundle, files, git, npm, url (and those to come) stand. */
import type { TObject } from 'typebox'
import type { SourceFile } from './source-files.ts'

/** A source as buildinfo.json has it: its kind, and that kind's keys. */
export interface SourceJson {
  readonly kind: string
}

export interface SourceContext {
  /** Top folder of the project, which paths in buildinfo.json are relative to. */
  readonly root: string
  /** The package's own folder, which `git_local` and relative URLs are relative to, as in the original. */
  readonly folder: string
  readonly packageName: string
  /** Key of the source in `sources`, for messages. */
  readonly sourceName: string
  /** For what comes from elsewhere, kept by what fixes its content. */
  readonly cacheDirectory: string
  /** Is given a line about what is odd but no failure. */
  readonly warn: (line: string) => void
  readonly signal: AbortSignal
}

export interface ResolvedSource {
  /** What fixes the content, as `sources` of the build ids and of buildinfo.full.json shows it. */
  readonly id: Readonly<Record<string, string>>
  /** Files of a kind that has to look at them to know the id; [] for the others. */
  readonly files: readonly SourceFile[]
  /**
   * Fills an empty `$PKG_SRC/<source>`, when the package has to be built; fetches what it needs first. Rejects with
   * BUILD_SOURCE_* and PKGPANDA_DOWNLOAD_FAILED.
   */
  place(folder: string): Promise<void>
}

/** Adding a kind is adding a file beside this one and a line in kinds.ts. */
export interface SourceKind<Json extends SourceJson = SourceJson> {
  readonly kind: string
  /** All keys with `kind`, nothing else allowed. */
  readonly schema: TObject
  /** What the schema cannot say: the sentence about what is wrong, or undefined. */
  problemOf?(source: Json): string | undefined
  /** Finds the id; the content of the same id is always the same. Rejects with BUILD_SOURCE_* and the kind's own. */
  resolve(source: Json, context: SourceContext): Promise<ResolvedSource>
}

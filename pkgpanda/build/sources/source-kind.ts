/** What a kind of source is: the one interface behind which bundle, files, npm (and those to come) stand. */
import type { TObject } from 'typebox'
import type { SourceFile } from './source-files.ts'

/** A source as buildinfo.json has it: its kind, and that kind's keys. */
export interface SourceJson {
  readonly kind: string
}

export interface SourceContext {
  /** Top folder of the project, which paths in buildinfo.json are relative to. */
  readonly root: string
  readonly packageName: string
  /** Key of the source in `sources`, for messages. */
  readonly sourceName: string
}

export interface ResolvedSource {
  /** What fixes the content, as `sources` of the build ids and of buildinfo.full.json shows it. */
  readonly id: Readonly<Record<string, string>>
  /** What stands in `$PKG_SRC/<source>` when the build script runs. */
  readonly files: readonly SourceFile[]
}

/** Adding a kind is adding a file beside this one and a line in kinds.ts. */
export interface SourceKind<Json extends SourceJson = SourceJson> {
  readonly kind: string
  /** All keys with `kind`, nothing else allowed. */
  readonly schema: TObject
  /** Finds content and id; the content of the same id is always the same. Rejects with BUILD_SOURCE_* and the kind's own. */
  resolve(source: Json, context: SourceContext): Promise<ResolvedSource>
}

/** Source kind `files`: files of this project, named one by one (a glob would hide what a package holds), under their own paths. */
import { type Static, Type } from 'typebox'
import { relativePath } from './relative-path.ts'
import { filesBelow, sourceOfFiles } from './source-files.ts'
import type { SourceKind } from './source-kind.ts'

const schema = Type.Object(
  { kind: Type.Literal('files'), paths: Type.Array(relativePath, { minItems: 1 }) },
  { additionalProperties: false },
)

export const files: SourceKind<Static<typeof schema>> = {
  kind: 'files',
  schema,
  async resolve({ paths }, context) {
    return sourceOfFiles(await filesBelow(context.root, paths, context))
  },
}

/** Source kind `npm`: files out of an installed npm package, under their paths in it. The lock file fixes the version. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Static, Type } from 'typebox'
import { faults } from '../errors.ts'
import { relativePath } from './relative-path.ts'
import { filesBelow, sourceOfFiles } from './source-files.ts'
import type { SourceKind } from './source-kind.ts'

const schema = Type.Object(
  {
    kind: Type.Literal('npm'),
    package: Type.String({ pattern: '^(@[a-z0-9][a-z0-9._-]*/)?[a-z0-9][a-z0-9._-]*$' }),
    paths: Type.Array(relativePath, { minItems: 1 }),
  },
  { additionalProperties: false },
)

export const npm: SourceKind<Static<typeof schema>> = {
  kind: 'npm',
  schema,
  async resolve({ package: name, paths }, context) {
    const folder = join(context.root, 'node_modules', name)
    const version = await installedVersion(context.root, name)
    if (!version) throw faults.SOURCE_MISSING(context.packageName, context.sourceName, `the npm package '${name}'`)
    return sourceOfFiles(await filesBelow(folder, paths, context), { version })
  },
}

/** Version of an npm package as installed in `root`; undefined when it is not there. */
export async function installedVersion(root: string, name: string): Promise<string | undefined> {
  try {
    const { version } = JSON.parse(await readFile(join(root, 'node_modules', name, 'package.json'), 'utf8'))
    return typeof version === 'string' ? version : undefined
  } catch {
    return undefined
  }
}

/** The command line of `npm run build`. */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { faults } from './errors.ts'

export interface BuildOptions {
  /** Where repository/, bin/ and programs/ go. */
  readonly output: string
  /** Build these packages and what they require, and nothing else; undefined: all, and the bootstrap. */
  readonly only?: readonly string[]
  /** More folders of packages. */
  readonly packagesDirs: readonly string[]
  /** More packages: name → folder. */
  readonly packages: Readonly<Record<string, string>>
  /** Files of private keys that sign the index. */
  readonly signKeys?: readonly string[]
  /** False: build scripts run on the machine as it is. */
  readonly isolated: boolean
  readonly help: boolean
}

export const USAGE = `npm run build -- [OPTION...]
Turns packages/ into a package repository: build/repository/, build/bin/PROGRAM, build/programs/PROGRAM/.
  --output DIR          instead of build/
  --only NAME           this package and what it requires, without a bootstrap tarball; may be repeated
  --packages-dir DIR    the folders in DIR are packages as well; may be repeated
  --package NAME=DIR    DIR is the package of this name, instead of another if there is one; may be repeated
  --sign-key FILE       sign the index with this ed25519 key (docs/signing.md); may be repeated
  --no-isolation        build scripts see this machine as it is, also where they need not
  --help
`

/** Paths are relative to `directory`. Throws BUILD_ARGUMENT_INVALID. */
export function parseOptions(argv: readonly string[], directory: string): BuildOptions {
  let values: {
    output?: string
    only?: string[]
    'packages-dir'?: string[]
    package?: string[]
    'sign-key'?: string[]
    'no-isolation'?: boolean
    help?: boolean
  }
  try {
    values = parseArgs({
      args: [...argv],
      options: {
        output: { type: 'string' },
        only: { type: 'string', multiple: true },
        'packages-dir': { type: 'string', multiple: true },
        package: { type: 'string', multiple: true },
        'sign-key': { type: 'string', multiple: true },
        'no-isolation': { type: 'boolean' },
        help: { type: 'boolean' },
      },
    }).values
  } catch (error) {
    throw faults.ARGUMENT_INVALID((error as Error).message)
  }
  const packages = (values.package ?? []).map(text => {
    const [, name, folder] = /^([^=]+)=(.+)$/s.exec(text) ?? []
    if (name === undefined || folder === undefined)
      throw faults.ARGUMENT_INVALID(`--package ${text} is not of the form NAME=DIR`)
    return [name, resolve(directory, folder)] as const
  })
  return {
    output: resolve(directory, values.output ?? 'build'),
    ...(values.only ? { only: values.only } : {}),
    packagesDirs: (values['packages-dir'] ?? []).map(folder => resolve(directory, folder)),
    packages: Object.fromEntries(packages),
    ...(values['sign-key'] ? { signKeys: values['sign-key'].map(file => resolve(directory, file)) } : {}),
    isolated: !values['no-isolation'],
    help: values.help ?? false,
  }
}

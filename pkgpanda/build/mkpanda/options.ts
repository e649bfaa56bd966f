/** The command line of mkpanda (pkgpanda 3.4), with prefixes of options as 1.9 took them. Pure. */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { normalizeArguments, type OptionDefinition } from '../../options.ts'
import { faults } from '../errors.ts'
import { VARIANT_PATTERN } from '../variant.ts'

export interface MkpandaOptions {
  /** A whole tree, instead of one package. */
  readonly tree: boolean
  /** '' for the default one; undefined: all. */
  readonly variant?: string
  readonly repositoryUrl?: string
  readonly keep: boolean
  readonly recursive: boolean
  readonly bootstrap: boolean
  /** undefined: `build` of the project. */
  readonly output?: string
  readonly isolated: boolean
  readonly help: boolean
}

export const USAGE = `pkgpanda build [OPTION...]        in packages/NAME: builds this package
pkgpanda build tree [OPTION...]   in packages/: builds all packages of the tree
The same as mkpanda. Prints <variant>:<path> of what was made, when all is done.
  --variant=VARIANT          only this one (default: the one without a name); else all
  --repository-url=URL       package store to take a package from, when it has the same id
  --recursive                of one package: builds what it requires as well
  --mkbootstrap              of a tree: makes the bootstrap tarball too
  --dont-clean-after-build   leaves src/ and result/ of each package in build/kept/<id>/
  --output=DIR               instead of build/ beside packages/
  --no-isolation             build scripts see this machine as it is, also where they need not
  --help
`

const OPTIONS: readonly OptionDefinition[] = [
  { name: '--variant', value: 'variant', summary: '' },
  { name: '--repository-url', value: 'url', summary: '' },
  { name: '--recursive', summary: '' },
  { name: '--mkbootstrap', summary: '' },
  { name: '--dont-clean-after-build', summary: '' },
  { name: '--output', value: 'path', summary: '' },
  { name: '--no-isolation', summary: '' },
  { name: '--help', summary: '' },
]

/** `directory` is what a relative --output is relative to. Throws BUILD_ARGUMENT_INVALID and PKGPANDA_USAGE. */
export function parseMkpandaOptions(argv: readonly string[], directory: string): MkpandaOptions {
  const { values, positionals } = parse(normalizeArguments(argv, OPTIONS))
  const [word, ...more] = positionals
  if (more.length > 0 || (word !== undefined && word !== 'tree'))
    throw faults.ARGUMENT_INVALID(`'${positionals.join(' ')}' instead of nothing or 'tree'`)
  const tree = word === 'tree'
  for (const name of tree ? (['recursive'] as const) : (['mkbootstrap'] as const)) {
    if (values[name]) throw faults.ARGUMENT_INVALID(`--${name} is ${tree ? 'not for' : 'only for'} 'tree'`)
  }
  return {
    tree,
    ...(values.variant === undefined ? {} : { variant: variantNamed(values.variant) }),
    ...(values['repository-url'] === undefined ? {} : { repositoryUrl: values['repository-url'] }),
    keep: values['dont-clean-after-build'] ?? false,
    recursive: values.recursive ?? false,
    bootstrap: values.mkbootstrap ?? false,
    ...(values.output === undefined ? {} : { output: resolve(directory, values.output) }),
    isolated: !values['no-isolation'],
    help: values.help ?? false,
  }
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        variant: { type: 'string' },
        'repository-url': { type: 'string' },
        recursive: { type: 'boolean' },
        mkbootstrap: { type: 'boolean' },
        'dont-clean-after-build': { type: 'boolean' },
        output: { type: 'string' },
        'no-isolation': { type: 'boolean' },
        help: { type: 'boolean' },
      },
    })
  } catch (error) {
    throw faults.ARGUMENT_INVALID((error as Error).message)
  }
}

/** `default`, and what is shown for it, name the variant without a name. */
function variantNamed(text: string): string {
  if (text === 'default' || text === '<default>' || text === '') return ''
  if (!new RegExp(VARIANT_PATTERN).test(text)) throw faults.ARGUMENT_INVALID(`'${text}' cannot be a variant`)
  return text
}

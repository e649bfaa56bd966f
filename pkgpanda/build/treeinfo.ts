/** packages/[variant.]treeinfo.json (pkgpanda 3.4): which packages the suite consists of, and which a bare node starts with. */
import { type Static, Type } from 'typebox'
import { problemsOf } from '../../src/shared/config/decode.ts'
import { faults } from './errors.ts'
import { decodeVariant, VARIANT_PATTERN } from './variant.ts'

const schema = Type.Object(
  {
    /** Folders that are no package of a node (genconf): their programs are made for work by hand, no tarball. */
    exclude: Type.Optional(Type.Array(Type.String())),
    /** What the tree consists of, with all these packages require. */
    core_package_list: Type.Optional(Type.Array(Type.String())),
    /** What is in the bootstrap tarball; with everything these packages require. */
    bootstrap_package_list: Type.Optional(Type.Array(Type.String())),
    /** Name of a package → its variant in this tree. */
    variants: Type.Optional(
      Type.Record(Type.String(), Type.Union([Type.Null(), Type.String({ pattern: VARIANT_PATTERN })])),
    ),
  },
  { additionalProperties: false },
)

export interface Treeinfo {
  readonly exclude: readonly string[]
  /** undefined: all packages but the excluded ones. */
  readonly corePackages?: readonly string[]
  /** undefined: all packages. */
  readonly bootstrapPackages?: readonly string[]
  /** Only what is not the default variant. */
  readonly variants: ReadonlyMap<string, string>
}

/**
 * The file's text → Treeinfo. Throws BUILD_TREEINFO_INVALID.
 *
 * DEPARTURE (pkgpanda 3.4): unknown keys are errors, the original let them pass.
 */
export function parseTreeinfo(text: string, file: string): Treeinfo {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw faults.TREEINFO_INVALID(file, (error as Error).message)
  }
  const problems = problemsOf(schema, json)
  if (problems.length > 0) throw faults.TREEINFO_INVALID(file, problems.join('; '))
  const { exclude = [], core_package_list, bootstrap_package_list, variants = {} } = json as Static<typeof schema>
  for (const [key, list] of Object.entries({ core_package_list, bootstrap_package_list })) {
    const both = exclude.find(name => list?.includes(name))
    if (both) throw faults.TREEINFO_INVALID(file, `package '${both}' is excluded and in '${key}'`)
  }
  return {
    exclude,
    ...(core_package_list ? { corePackages: core_package_list } : {}),
    ...(bootstrap_package_list ? { bootstrapPackages: bootstrap_package_list } : {}),
    variants: new Map(
      Object.entries(variants)
        .map(([name, variant]) => [name, decodeVariant(variant)] as const)
        .filter(([, variant]) => variant !== ''),
    ),
  }
}

/** Throws BUILD_TREEINFO_INVALID when the bootstrap's packages are not there or lack what they require. */
export function checkBootstrapPackages(
  names: readonly string[],
  requires: ReadonlyMap<string, readonly string[]>,
  file: string,
): void {
  for (const name of names) {
    const required = requires.get(name)
    if (!required) throw faults.TREEINFO_INVALID(file, `'bootstrap_package_list' names '${name}', which does not exist`)
    const missing = required.find(each => !names.includes(each))
    if (missing)
      throw faults.TREEINFO_INVALID(
        file,
        `'bootstrap_package_list' has '${name}' but not '${missing}', which it requires`,
      )
  }
}

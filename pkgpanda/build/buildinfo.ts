/** buildinfo.json, the source of a package (pkgpanda 3.2): its keys and their defaults. Kinds of sources stand in sources/. */
import { type Static, type TObject, type TSchema, Type } from 'typebox'
import { problemsOf } from '../../src/shared/config/decode.ts'
import { faults } from './errors.ts'
import { SOURCE_KINDS } from './sources/kinds.ts'
import type { SourceJson } from './sources/source-kind.ts'
import { decodeVariant, VARIANT_PATTERN } from './variant.ts'

/** A package needed to build and to run: exactly this variant of it. */
export interface Requirement {
  readonly name: string
  /** '' for the default one. */
  readonly variant: string
}

export interface Buildinfo {
  /** Name of a source → what it is; the builder places it in `$PKG_SRC/<name>`. */
  readonly sources: Readonly<Record<string, SourceJson>>
  /** Relative to the package's folder; undefined: `[variant.]build`. */
  readonly buildScript?: string
  readonly requires: readonly Requirement[]
  readonly environment: Readonly<Record<string, string>>
  readonly stateDirectory: boolean
  readonly username?: string
  readonly group?: string
  readonly sysctl?: Readonly<Record<string, Readonly<Record<string, string | number>>>>
}

const COMPUTED_KEYS = ['name', 'variant', 'build', 'pkgpanda_version', 'extra_source']

const requirement = Type.Union([
  Type.String(),
  Type.Object(
    {
      name: Type.String(),
      variant: Type.Optional(Type.Union([Type.Null(), Type.String({ pattern: VARIANT_PATTERN })])),
    },
    { additionalProperties: false },
  ),
])
const source = Type.Object({ kind: Type.String() })
const sysctlValue = Type.Union([Type.String(), Type.Integer()])

const schema = Type.Object(
  {
    single_source: Type.Optional(source),
    sources: Type.Optional(Type.Record(Type.String(), source)),
    build_script: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]*$' })),
    requires: Type.Optional(Type.Array(requirement)),
    environment: Type.Optional(Type.Record(Type.String(), Type.String())),
    state_directory: Type.Optional(Type.Boolean()),
    username: Type.Optional(Type.String({ pattern: '^dcos_[a-z0-9_]+$' })),
    group: Type.Optional(Type.String({ pattern: '^[a-z_][a-z0-9_-]*$' })),
    sysctl: Type.Optional(Type.Record(Type.String(), Type.Record(Type.String(), sysctlValue))),
  },
  { additionalProperties: false },
)

/** The file as it stands in packages/<name>/[variant.]. */
export type BuildinfoJson = Static<typeof schema>

const SOURCE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

/**
 * The file's text → Buildinfo. `name` is the package's, `file` only names the culprit. Throws BUILD_BUILDINFO_UNREADABLE,
 * BUILD_BUILDINFO_KEY_COMPUTED and BUILD_BUILDINFO_INVALID, which names every key that is wrong.
 *
 * DEPARTURE (pkgpanda 3.2): `docker` and `version_extra` are unknown keys. Nothing is built in containers here, and a
 * prefix never gave a valid version.
 */
export function parseBuildinfo(text: string, name: string, file: string): Buildinfo {
  let json: unknown
  try {
    json = text.trim() === '' ? {} : JSON.parse(text)
  } catch (error) {
    throw faults.BUILDINFO_UNREADABLE(file, (error as Error).message)
  }
  const computed = COMPUTED_KEYS.find(key => typeof json === 'object' && json !== null && Object.hasOwn(json, key))
  if (computed) throw faults.BUILDINFO_KEY_COMPUTED(file, computed)
  const checked = check(schema, json, file)
  if (checked.single_source && checked.sources)
    throw faults.BUILDINFO_INVALID(file, "keys 'single_source' and 'sources' exclude each other")
  if (checked.group !== undefined && checked.username === undefined)
    throw faults.BUILDINFO_INVALID(file, "key 'group': not allowed without 'username'")

  const sources = checked.single_source ? { [name]: checked.single_source } : (checked.sources ?? {})
  return {
    sources: Object.fromEntries(Object.entries(sources).map(([key, each]) => [key, parseSource(key, each, file)])),
    ...(checked.build_script === undefined ? {} : { buildScript: checked.build_script }),
    // A bare name is the default variant, whatever tree the package is in: its id must not depend on the tree.
    requires: (checked.requires ?? []).map(each =>
      typeof each === 'string'
        ? { name: each, variant: '' }
        : { name: each.name, variant: decodeVariant(each.variant) },
    ),
    environment: checked.environment ?? {},
    stateDirectory: checked.state_directory ?? false,
    ...(checked.username === undefined ? {} : { username: checked.username }),
    ...(checked.group === undefined ? {} : { group: checked.group }),
    ...(checked.sysctl === undefined ? {} : { sysctl: checked.sysctl }),
  }
}

/** One source of a file (upstream.json is another). Throws BUILD_BUILDINFO_INVALID. */
export function parseSource(name: string, json: SourceJson, file: string): SourceJson {
  if (!SOURCE_NAME.test(name))
    throw faults.BUILDINFO_INVALID(file, `key 'sources': '${name}' cannot be a folder's name`)
  const kind = SOURCE_KINDS.get(json.kind)
  if (!kind) {
    const known = [...SOURCE_KINDS.keys()].join(', ')
    throw faults.BUILDINFO_INVALID(file, `key 'sources.${name}.kind': found "${json.kind}", allowed ${known}`)
  }
  const checked = check<TObject>(kind.schema, json, `${file}, source '${name}'`) as unknown as SourceJson
  const problem = kind.problemOf?.(checked)
  if (problem !== undefined) throw faults.BUILDINFO_INVALID(`${file}, source '${name}'`, problem)
  return checked
}

function check<const S extends TSchema>(schema: S, value: unknown, file: string): Static<S> {
  const problems = problemsOf(schema, value)
  if (problems.length > 0) throw faults.BUILDINFO_INVALID(file, problems.join('; '))
  // No problems: the value is what the schema says.
  return value as Static<S>
}

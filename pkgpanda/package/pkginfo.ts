/** pkginfo.json, what a package says about itself (pkgpanda 1.4): decoding only, nothing here reads a file. */
import { faults } from '../errors.ts'

export interface Pkginfo {
  /** Names of packages that must be in the set; variants of a requirement are not looked at. */
  readonly requires: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Service without `.service` → kernel key → value. */
  readonly sysctl: Readonly<Record<string, Readonly<Record<string, string | number>>>>
  /** Whether the package owns STATE/<name>. */
  readonly stateDirectory: boolean
  readonly username?: string
  readonly group?: string
  /** Read for completeness; no build writes it. */
  readonly variant?: string
}

/** The file as it stands in a package. Every key is optional, unknown keys are let be. */
export interface PkginfoJson {
  requires?: (string | { name: string; variant?: string | null })[]
  environment?: Record<string, string>
  sysctl?: Record<string, Record<string, string | number>>
  state_directory?: boolean
  username?: string | null
  group?: string | null
  variant?: string | null
}

/** The file's text → Pkginfo. `id` only names the culprit. Throws PKGPANDA_PKGINFO_UNREADABLE. */
export function parsePkginfo(text: string, id: string): Pkginfo {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw faults.PKGINFO_UNREADABLE(id, `is not JSON (${(error as Error).message})`)
  }
  return decodePkginfo(json, id)
}

/** The parsed file → Pkginfo. Throws PKGPANDA_PKGINFO_UNREADABLE with the key that is wrong. */
export function decodePkginfo(json: unknown, id: string): Pkginfo {
  if (!isObject(json)) throw faults.PKGINFO_UNREADABLE(id, `holds ${nameOf(json)}, not an object`)
  const wrong = (key: string, allowed: string) =>
    faults.PKGINFO_UNREADABLE(id, `has a wrong ${key}: ${allowed} expected`)

  const requires = json.requires ?? []
  if (!Array.isArray(requires)) throw wrong('requires', 'a list')
  const names = requires.map((entry: unknown) => {
    // 1.9 crashed on the object form, which its own builder writes for variants.
    const name = isObject(entry) ? entry.name : entry
    if (typeof name !== 'string') throw wrong('requires', 'names, or objects with a name')
    return name
  })

  const environment = json.environment ?? {}
  if (!isMapOf(environment, isString)) throw wrong('environment', 'a map of strings')
  const sysctl = json.sysctl ?? {}
  if (!isMapOf(sysctl, isSysctlMap)) throw wrong('sysctl', 'a map of services, each a map of strings or numbers')
  const stateDirectory = json.state_directory ?? false
  if (typeof stateDirectory !== 'boolean') throw wrong('state_directory', 'true or false')

  const optional: { username?: string; group?: string; variant?: string } = {}
  for (const key of ['username', 'group', 'variant'] as const) {
    const value = json[key] ?? undefined
    if (value === undefined) continue
    if (!isString(value)) throw wrong(key, 'a string')
    optional[key] = value
  }
  return { requires: names, environment, sysctl, stateDirectory, ...optional }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isString(value: unknown): value is string {
  return typeof value === 'string'
}

function isSysctlMap(value: unknown): value is Record<string, string | number> {
  return isMapOf(value, (entry): entry is string | number => isString(entry) || Number.isFinite(entry))
}

function isMapOf<T>(value: unknown, is: (entry: unknown) => entry is T): value is Record<string, T> {
  return isObject(value) && Object.values(value).every(is)
}

function nameOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'a list' : `a ${typeof value}`
}

/**
 * The hash H over plain values from which ids of packages and bootstraps are made (pkgpanda 3.3). The digest is a
 * parameter: the original's vectors are sha1, ids of ours are sha256 over the same canonical form.
 */
import { createHash } from 'node:crypto'
import { faults } from './errors.ts'

export type Hashable = string | number | bigint | boolean | readonly Hashable[] | { readonly [key: string]: Hashable }

/** A version has 40 hexadecimal digits, as those of 1.9: tools cut and align by it. */
export const VERSION_LENGTH = 40

/** H of a value, in hexadecimal. Throws BUILD_VALUE_NOT_HASHABLE for null, undefined and fractions. */
export function canonicalHash(value: Hashable, digest: 'sha1' | 'sha256'): string {
  return hashAt(value, '', digest)
}

/** The version of a package, or the id of a bootstrap: H with sha256, cut to 40 digits. */
export function versionOf(value: Hashable): string {
  return canonicalHash(value, 'sha256').slice(0, VERSION_LENGTH)
}

function hashAt(value: unknown, path: string, digest: string): string {
  const hash = (text: string) => createHash(digest).update(text, 'utf8').digest('hex')
  if (typeof value === 'string') return hash(value)
  if (typeof value === 'bigint' || Number.isInteger(value)) return hash(String(value))
  // QUIRK (pkgpanda 3.3): capitalised, since the original is Python.
  if (typeof value === 'boolean') return hash(value ? 'True' : 'False')
  if (Array.isArray(value)) {
    // QUIRK (pkgpanda 3.3): lists are sets. Elements are sorted before they are hashed where they compare, by their hash else.
    const elements = value.every(each => typeof each === 'string') ? value.toSorted(byCodePoint) : undefined
    const hashes = (elements ?? value).map((each, i) => hashAt(each, `${path}[${i}]`, digest))
    return hash((elements ? hashes : hashes.sort()).join(','))
  }
  if (typeof value === 'object' && value !== null) {
    const pairs = Object.entries(value).sort(([left], [right]) => byCodePoint(left, right))
    return hash(pairs.map(([key, each]) => `${key}=${hashAt(each, path ? `${path}.${key}` : key, digest)}`).join(','))
  }
  throw faults.VALUE_NOT_HASHABLE(path, typeof value === 'number' ? `the fraction ${value}` : String(value))
}

/** Python sorts strings by code point, JavaScript by UTF-16 unit: they differ beyond U+FFFF. UTF-8 bytes agree with Python. */
function byCodePoint(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right))
}

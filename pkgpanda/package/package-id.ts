/** Package ids, `NAME--VERSION`: the grammar of pkgpanda 1.2. An id is never used again for other contents. */
import { faults } from '../errors.ts'

export interface PackageId {
  readonly name: string
  readonly version: string
  /** `NAME--VERSION`, as it names the folder, the tarball and the link's target. */
  readonly id: string
}

const NAME = /^[a-zA-Z0-9@_+][a-zA-Z0-9@._+-]*$/
const VERSION = /^[a-zA-Z0-9@_+:.]+$/
const SEPARATOR = '--'

/**
 * `mesos--0.22.0` → its parts. Throws PKGPANDA_ID_MALFORMED for anything else, also for `a---b` and `a--b--c`.
 *
 * DEPARTURE (pkgpanda 1.2): 1.9 let one trailing newline pass, which then became part of a path.
 */
export function parsePackageId(text: string): PackageId {
  const parts = text.split(SEPARATOR)
  const [name, version] = parts
  if (parts.length !== 2 || name === undefined || version === undefined) throw faults.ID_MALFORMED(text)
  if (!isPackageName(name) || !isPackageVersion(version)) throw faults.ID_MALFORMED(text)
  return { name, version, id: text }
}

/** What stands before the first `--` of any text: links that the original left in active/ may lead to what is no id. */
export function nameOf(text: string): string {
  return text.split(SEPARATOR, 1)[0] ?? text
}

/** `mesos`, `0.22.0` → `mesos--0.22.0`. Throws PKGPANDA_ID_MALFORMED when a part breaks the grammar. */
export function formatPackageId(name: string, version: string): string {
  return parsePackageId(`${name}${SEPARATOR}${version}`).id
}

/** True when `parsePackageId` would take it. */
export function isPackageId(text: string): boolean {
  const parts = text.split(SEPARATOR)
  return parts.length === 2 && isPackageName(parts[0] ?? '') && isPackageVersion(parts[1] ?? '')
}

export function isPackageName(text: string): boolean {
  // The name may not end where the separator could begin earlier: `a---b` splits into `a` and `-b`, never `a-` and `b`.
  // JavaScript's $ without the m flag is the true end: a trailing newline does not pass.
  return NAME.test(text) && !text.includes(SEPARATOR)
}

export function isPackageVersion(text: string): boolean {
  return VERSION.test(text)
}

/** Ids in the one order that everything of ours is written in: by code unit, so that output never depends on a locale. */
export function compareIds(left: string, right: string): number {
  return left < right ? -1 : left > right ? 1 : 0
}

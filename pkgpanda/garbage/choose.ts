/** Which packages of the repository nothing needs any more (pkgpanda 7). Pure. */
import { compareIds, parsePackageId } from '../package/package-id.ts'

export interface StoredPackage {
  readonly id: string
  /** When it was unpacked; ms since the epoch. */
  readonly storedMs: number
}

export interface Needs {
  readonly active: readonly string[]
  /** Of the generation under `.old`. */
  readonly previous: readonly string[]
  readonly bootstrap: readonly string[]
  /** Packages that running processes use. */
  readonly running: readonly string[]
  /** Of the install root in which the repository lies, when that is another one. */
  readonly elsewhere: readonly string[]
}

export type Reason = keyof Needs | 'recent'

export interface GarbageChoice {
  /** Sorted. */
  readonly remove: readonly string[]
  /** Sorted by id; the first reason that applies, in the order of Needs. */
  readonly keep: readonly { readonly id: string; readonly reason: Reason }[]
}

const NEEDS = ['active', 'previous', 'bootstrap', 'running', 'elsewhere'] as const satisfies readonly (keyof Needs)[]

/** `keep`: how many versions of each name stay that nothing else keeps, newest first. */
export function chooseGarbage(packages: readonly StoredPackage[], needs: Needs, keep: number): GarbageChoice {
  const kept: { id: string; reason: Reason }[] = []
  const unneeded: StoredPackage[] = []
  for (const stored of packages) {
    const reason = NEEDS.find(need => needs[need].includes(stored.id))
    if (reason) kept.push({ id: stored.id, reason })
    else unneeded.push(stored)
  }
  const remove: string[] = []
  for (const versions of Map.groupBy(unneeded, ({ id }) => parsePackageId(id).name).values()) {
    // Of the same time, as after a copy of the whole repository: by id, so that two runs agree.
    versions.sort((left, right) => right.storedMs - left.storedMs || compareIds(left.id, right.id))
    kept.push(...versions.slice(0, keep).map(({ id }) => ({ id, reason: 'recent' as const })))
    remove.push(...versions.slice(keep).map(({ id }) => id))
  }
  return {
    remove: remove.sort(compareIds),
    keep: kept.sort((left, right) => compareIds(left.id, right.id)),
  }
}

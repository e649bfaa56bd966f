/**
 * Which running units an activation has to stop: those whose package, unit text or environment changed. All others keep
 * running (DEPARTURE, pkgpanda 7: 1.9 stopped everything; `--all` still does). Pure.
 */
import { parseEnvironment } from '../activation/environment-file.ts'
import type { SetMember } from '../activation/validate-set.ts'
import { compareIds, parsePackageId } from '../package/package-id.ts'

export interface UnitText {
  /** `dcos-log-master.service`, or a drop-in of it: `dcos-log-master.service.d/10-more.conf`. */
  readonly path: string
  readonly packageId: string
  /** As it will be installed. */
  readonly text: string
  /** As it is installed. */
  readonly installed: string | undefined
}

export interface ChangeInput {
  readonly oldIds: readonly string[]
  readonly members: readonly SetMember[]
  /** Units that the present wants directory links. */
  readonly oldUnits: readonly string[]
  readonly texts: readonly UnitText[]
  /** Files of the systemd directory that go, as in UnitText.path. */
  readonly removed: readonly string[]
  readonly oldEnvironment: string
  readonly environment: string
}

/** What one changed configuration package may mean to every daemon: they all read /opt/mesosphere/etc. */
const RENDERED_VERSION = 'setup'

/** The old units to stop, sorted. Units that only the new set has are simply started later. */
export function changedUnits(input: ChangeInput): string[] {
  const { oldUnits, texts, members, removed } = input
  if (everythingChanged(input)) return oldUnits.toSorted(compareIds)

  const changed = changedPackages(input.oldIds, members)
  const owners = new Map<string, string>()
  const rewritten = new Set(removed.map(unitOf))
  for (const { path, packageId, text, installed } of texts) {
    if (unitOf(path) === path) owners.set(path, packageId)
    if (text !== installed) rewritten.add(unitOf(path))
  }
  return oldUnits
    .filter(unit => {
      const owner = owners.get(unit)
      return owner === undefined || rewritten.has(unit) || changed.has(parsePackageId(owner).name)
    })
    .toSorted(compareIds)
}

/** The unit that a file is, or is a drop-in of. */
function unitOf(path: string): string {
  const [first = path, ...rest] = path.split('/')
  return rest.length === 0 ? first : first.slice(0, -'.d'.length)
}

function everythingChanged({ oldIds, members, oldEnvironment, environment }: ChangeInput): boolean {
  if (!sameVariables(oldEnvironment, environment)) return true
  const rendered = (ids: readonly string[]) =>
    ids
      .filter(id => id.split('--')[1]?.startsWith(RENDERED_VERSION))
      .toSorted(compareIds)
      .join()
  return rendered(oldIds) !== rendered(members.map(({ id }) => id))
}

/** Names whose id changed, and of all packages that require one of them, over any number of steps. */
function changedPackages(oldIds: readonly string[], members: readonly SetMember[]): Set<string> {
  const old = new Set(oldIds)
  const changed = new Set(members.filter(({ id }) => !old.has(id)).map(({ id }) => parsePackageId(id).name))
  for (let grown = true; grown; ) {
    grown = false
    for (const { id, pkginfo } of members) {
      const { name } = parsePackageId(id)
      if (changed.has(name) || !pkginfo.requires.some(requirement => changed.has(requirement))) continue
      changed.add(name)
      grown = true
    }
  }
  return changed
}

function sameVariables(left: string, right: string): boolean {
  const [a, b] = [parseEnvironment(left), parseEnvironment(right)]
  return a.size === b.size && [...a].every(([name, value]) => b.get(name) === value)
}

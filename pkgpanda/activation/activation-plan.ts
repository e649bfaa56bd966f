/**
 * What an activation would change, as a value: for `--dry-run`, for the journal's audit line and for whoever asks the API.
 * Pure.
 */

import { compareIds, nameOf, parsePackageId } from '../package/package-id.ts'
import { parseEnvironment } from './environment-file.ts'

export interface ActivationPlan {
  readonly packages: {
    readonly added: readonly string[]
    readonly removed: readonly string[]
    /** Another version of a name that is active. */
    readonly changed: readonly { readonly name: string; readonly from: string; readonly to: string }[]
    readonly unchanged: readonly string[]
  }
  readonly units: {
    /** Stopped before the exchange; those that stay are started again. */
    readonly stop: readonly string[]
    readonly added: readonly string[]
    readonly removed: readonly string[]
    /** Files of the systemd directory whose text changes, drop-ins included. */
    readonly rewritten: readonly string[]
  }
  /** Names only: values may be secrets. */
  readonly environment: {
    readonly added: readonly string[]
    readonly removed: readonly string[]
    readonly changed: readonly string[]
  }
  readonly users: { readonly created: readonly string[] }
  /** Made, or given to their owner. */
  readonly stateDirectories: readonly string[]
  readonly links: number
  /** Free space that staging wants, rounded up. */
  readonly space: { readonly bytes: number; readonly inodes: number }
}

export interface PlanInput {
  readonly oldIds: readonly string[]
  readonly ids: readonly string[]
  readonly oldUnits: readonly string[]
  readonly stop: readonly string[]
  readonly install: readonly string[]
  readonly remove: readonly string[]
  readonly rewritten: readonly string[]
  readonly oldEnvironment: string
  readonly environment: string
  readonly users: readonly string[]
  readonly stateDirectories: readonly string[]
  readonly links: number
  readonly space: { readonly bytes: number; readonly inodes: number }
}

/** Every list sorted. */
export function planActivation(input: PlanInput): ActivationPlan {
  const { oldIds, ids, oldUnits, install, remove, users, stateDirectories, links, space } = input
  const units = install.filter(path => !path.includes('/'))
  return {
    packages: comparePackages(oldIds, ids),
    units: {
      stop: sorted(input.stop),
      added: sorted(units.filter(unit => !oldUnits.includes(unit))),
      removed: sorted(remove.filter(path => !path.includes('/'))),
      rewritten: sorted(input.rewritten),
    },
    environment: compareVariables(parseEnvironment(input.oldEnvironment), parseEnvironment(input.environment)),
    users: { created: sorted(users) },
    stateDirectories: sorted(stateDirectories),
    links,
    space,
  }
}

function comparePackages(oldIds: readonly string[], ids: readonly string[]): ActivationPlan['packages'] {
  const old = new Map(oldIds.map(id => [nameOf(id), id]))
  const wanted = new Map(ids.map(id => [parsePackageId(id).name, id]))
  const changed = [...wanted].flatMap(([name, to]) => {
    const from = old.get(name)
    return from === undefined || from === to ? [] : [{ name, from, to }]
  })
  return {
    added: sorted(ids.filter(id => !old.has(parsePackageId(id).name))),
    removed: sorted(oldIds.filter(id => !wanted.has(nameOf(id)))),
    changed: changed.sort((left, right) => compareIds(left.name, right.name)),
    unchanged: sorted(ids.filter(id => oldIds.includes(id))),
  }
}

function compareVariables(
  old: ReadonlyMap<string, string>,
  wanted: ReadonlyMap<string, string>,
): ActivationPlan['environment'] {
  return {
    added: sorted([...wanted.keys()].filter(name => !old.has(name))),
    removed: sorted([...old.keys()].filter(name => !wanted.has(name))),
    changed: sorted(
      [...wanted].filter(([name, value]) => old.has(name) && old.get(name) !== value).map(([name]) => name),
    ),
  }
}

function sorted(values: readonly string[]): string[] {
  return values.toSorted(compareIds)
}

/** The plan for a person: a line a fact, what does not change left out. */
export function formatPlan({
  packages,
  units,
  environment,
  users,
  stateDirectories,
  links,
  space,
}: ActivationPlan): string {
  const lines = [
    ...packages.added.map(id => `+ ${id}`),
    ...packages.removed.map(id => `- ${id}`),
    ...packages.changed.map(({ from, to }) => `~ ${from} -> ${to}`),
    `  ${packages.unchanged.length} packages stay as they are`,
    ...listed('units stopped, and started again if they stay', units.stop),
    ...listed('units added', units.added),
    ...listed('units removed', units.removed),
    ...listed('unit files rewritten', units.rewritten),
    ...listed('variables added', environment.added),
    ...listed('variables removed', environment.removed),
    ...listed('variables changed', environment.changed),
    ...listed('users created', users.created),
    ...listed('state directories', stateDirectories),
    `  ${links} links, at most ${space.bytes} bytes and ${space.inodes} inodes`,
  ]
  return `${lines.join('\n')}\n`
}

function listed(what: string, values: readonly string[]): string[] {
  return values.length === 0 ? [] : [`  ${what}: ${values.join(' ')}`]
}

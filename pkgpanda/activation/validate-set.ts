/** The rules for an active set, in the order in which 1.9 reported them (pkgpanda 1.6). Pure. */

import { faults } from '../errors.ts'
import { compareIds, isPackageId, parsePackageId } from '../package/package-id.ts'
import type { Pkginfo } from '../package/pkginfo.ts'
import { staysOnItsLine } from './environment-file.ts'

/** What the rules look at: an id and what its package says about itself. */
export interface SetMember {
  readonly id: string
  readonly pkginfo: Pkginfo
}

export const RESERVED_VARIABLES = ['LD_LIBRARY_PATH', 'PATH'] as const

const VARIABLE_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
const USERNAME = /^dcos_[a-z0-9_]+$/
const GROUP = /^[a-z_][a-z0-9_-]*$/

/** Throws the fault of the first rule that the set breaks; the members are looked at in the order of their ids. */
export function validateSet(set: readonly SetMember[]): void {
  const members = set.toSorted((left, right) => compareIds(left.id, right.id))
  const names = validateNames(members)
  for (const member of members) validateUser(member)
  for (const member of members) validateRequirements(member, names)
  validateEnvironment(members)
  validateSysctl(members)
}

function validateNames(members: readonly SetMember[]): Set<string> {
  const ids = new Map<string, string>()
  for (const { id } of members) {
    const { name } = parsePackageId(id)
    const other = ids.get(name)
    if (other !== undefined) throw faults.NAME_REPEATED(name, other, id)
    ids.set(name, id)
  }
  return new Set(ids.keys())
}

function validateUser({ id, pkginfo: { username, group } }: SetMember): void {
  if (group !== undefined && username === undefined) throw faults.GROUP_WITHOUT_USERNAME(id)
  if (username !== undefined && !USERNAME.test(username)) throw faults.USERNAME_MALFORMED(id, username)
  if (group !== undefined && !GROUP.test(group)) throw faults.GROUP_MALFORMED(id, group)
}

function validateRequirements({ id, pkginfo }: SetMember, names: ReadonlySet<string>): void {
  for (const requirement of pkginfo.requires) {
    if (isPackageId(requirement)) throw faults.REQUIREMENT_EXACT(id, requirement)
    if (!names.has(requirement)) throw faults.REQUIREMENT_MISSING(id, requirement)
  }
}

function validateEnvironment(members: readonly SetMember[]): void {
  const owners = new Map<string, string>()
  for (const { id, pkginfo } of members) {
    for (const [name, value] of Object.entries(pkginfo.environment)) {
      if (RESERVED_VARIABLES.some(reserved => reserved === name)) throw faults.ENVIRONMENT_RESERVED(id, name)
      // A newline in a value would add variables of its own to every service.
      if (!VARIABLE_NAME.test(name) || !staysOnItsLine(value)) throw faults.ENVIRONMENT_MALFORMED(id, name)
      const other = owners.get(name)
      if (other !== undefined) throw faults.ENVIRONMENT_REPEATED(name, other, id)
      owners.set(name, id)
    }
  }
}

function validateSysctl(members: readonly SetMember[]): void {
  const values = new Map<string, { value: string; who: string }>()
  for (const { id, pkginfo } of members) {
    for (const [service, settings] of Object.entries(pkginfo.sysctl)) {
      for (const [key, setting] of Object.entries(settings)) {
        // 1.9 took 1 and "1" for different values.
        const value = String(setting)
        const who = `${value} by ${id} for ${service}`
        const other = values.get(key)
        if (other && other.value !== value) throw faults.SYSCTL_CONFLICT(key, other.who, who)
        values.set(key, { value, who })
      }
    }
  }
}

/** System users of the active set (pkgpanda 1.8): checked all at once, then created, never removed. */
import { execFileSync } from 'node:child_process'
import { faults } from '../errors.ts'
import { compareIds } from '../package/package-id.ts'
import type { SetMember } from './validate-set.ts'

export interface UserDatabase {
  /** Names of the user's groups, the primary one first; undefined when there is no such user. */
  groupsOf(user: string): string[] | undefined
  uidOf(user: string): number | undefined
  hasGroup(group: string): boolean
  /** A system user; with `group` as its primary group, else with one of its own name. Throws PKGPANDA_USER_NOT_CREATED. */
  create(user: string, group: string | undefined): void
}

/** A directory service that is away must not hold the lock of the node for ever. */
const ASK_TIMEOUT_MS = 30_000

export interface WantedUser {
  readonly user: string
  /** Absent when it is the user's own. */
  readonly group?: string
}

/**
 * Which users are missing, those that bring a group before those that use one. Throws PKGPANDA_USER_MISSING,
 * PKGPANDA_USER_NOT_IN_GROUP, PKGPANDA_GROUP_MISSING; nothing has been created then.
 */
export function planUsers(members: readonly SetMember[], database: UserDatabase, manual: boolean): WantedUser[] {
  const wanted = members
    .toSorted((left, right) => compareIds(left.id, right.id))
    .flatMap(({ id, pkginfo: { username, group } }) => (username === undefined ? [] : [{ id, username, group }]))
  const missing = new Map<string, WantedUser>()
  for (const { id, username, group } of wanted) {
    const groups = database.groupsOf(username)
    if (groups === undefined) {
      if (manual) throw faults.USER_MISSING(id, username)
      missing.set(username, { user: username, ...(group !== undefined && group !== username ? { group } : {}) })
    } else if (group !== undefined && !database.hasGroup(group)) {
      // 1.9 took a missing group for a missing user and then failed in useradd.
      throw faults.GROUP_MISSING(id, group)
    } else if (group !== undefined && !groups.includes(group)) {
      throw faults.USER_NOT_IN_GROUP(id, username, group)
    }
  }
  const brought = new Set([...missing.values()].filter(({ group }) => group === undefined).map(({ user }) => user))
  for (const { id, username, group } of wanted) {
    if (!missing.has(username) || group === undefined || group === username) continue
    if (!brought.has(group) && !database.hasGroup(group)) throw faults.GROUP_MISSING(id, group)
  }
  return [...missing.values()].sort(
    (left, right) => Number(left.group !== undefined) - Number(right.group !== undefined),
  )
}

/** The host's, by getent(1), id(1) and useradd(8): they know of LDAP and the like, /etc/passwd does not. */
export function hostUsers(): UserDatabase {
  return {
    groupsOf(user) {
      if (ask('getent', ['passwd', user]) === undefined) return undefined
      return (ask('id', ['-Gn', user]) ?? '').trim().split(/\s+/)
    },
    uidOf(user) {
      const uid = ask('getent', ['passwd', user])?.split(':')[2]
      return uid === undefined ? undefined : Number(uid)
    },
    hasGroup: group => ask('getent', ['group', group]) !== undefined,
    create(user, group) {
      // --user-group: login.defs may have it off ([1.13]).
      const groupOptions = group === undefined ? ['--user-group'] : ['-g', group]
      const options = [
        '--system',
        '--home-dir',
        '/opt/mesosphere',
        '--shell',
        '/sbin/nologin',
        '-c',
        'DCOS System User',
      ]
      try {
        execFileSync('useradd', [...options, ...groupOptions, user], {
          stdio: ['ignore', 'ignore', 'pipe'],
          timeout: ASK_TIMEOUT_MS,
        })
      } catch (error) {
        const { stderr, message } = error as Error & { stderr?: Buffer }
        throw faults.USER_NOT_CREATED(user, stderr?.toString().trim() || message)
      }
    },
  }
}

function ask(program: string, argv: readonly string[]): string | undefined {
  try {
    return execFileSync(program, argv, {
      ...{ encoding: 'utf8', timeout: ASK_TIMEOUT_MS },
      stdio: ['ignore', 'pipe', 'ignore'],
    })
  } catch (error) {
    // Exit status 2 of getent, 1 of id: no such entry. A program that cannot be run at all is another matter.
    if (typeof (error as { status?: unknown }).status === 'number') return undefined
    throw error
  }
}

/** Which nodes a bed has: names, roles, addresses. Pure. */
import { faults } from './errors.ts'

export type BedRole = 'master' | 'agent' | 'public-agent'

export interface BedNode {
  name: string
  role: BedRole
  address: string
}

/** First host number of a node; `.1` is the switch. */
const FIRST_HOST = 11
/** What the configuration generator takes as number of masters. */
const MASTER_COUNTS = [1, 3, 5, 7, 9]

/** Masters m1…, one private agent a1, one public agent p1, addresses in that order. Throws BED_OPTION_UNKNOWN. */
export function planNodes(masters: number, net: string): BedNode[] {
  if (!MASTER_COUNTS.includes(masters)) {
    throw faults.OPTION_UNKNOWN(`--masters ${masters} is not an odd number from 1 to 9`)
  }
  const names: [string, BedRole][] = [
    ...Array.from({ length: masters }, (_, i): [string, BedRole] => [`m${i + 1}`, 'master']),
    ['a1', 'agent'],
    ['p1', 'public-agent'],
  ]
  return names.map(([name, role], i) => ({ name, role, address: `${net}.${FIRST_HOST + i}` }))
}

/** The node as testbed.sh takes it: NAME:ROLE:ADDRESS. */
export function nodeArgument({ name, role, address }: BedNode): string {
  return `${name}:${role}:${address}`
}

const INSTALLER_ROLES = { master: 'master', agent: 'slave', 'public-agent': 'slave_public' } as const

/** The role as dcos_install.sh and /etc/mesosphere/roles spell it. */
export function installerRole(role: BedRole): 'master' | 'slave' | 'slave_public' {
  return INSTALLER_ROLES[role]
}

/** `m1:master,a1:agent` → nodes, for the beds of system tests. */
export function parseNodes(specs: readonly string[], net: string): BedNode[] {
  return specs.map((spec, i) => {
    const [name = '', role = 'agent', address = `${net}.${FIRST_HOST + i}`] = spec.split(':')
    if (role !== 'master' && role !== 'agent' && role !== 'public-agent') {
      throw faults.OPTION_UNKNOWN(`node '${spec}' has the role '${role}', which is none of master, agent, public-agent`)
    }
    return { name, role, address }
  })
}

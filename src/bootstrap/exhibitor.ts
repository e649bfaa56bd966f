/** Is the ZooKeeper ensemble of the masters complete? Exhibitor of this master knows (pkgpanda 5.5). */
import { Type } from 'typebox'
import { decode } from '../shared/config/decode.ts'
import { fetchJson } from '../shared/http/client.ts'
import { faults } from './errors.ts'

export const EXHIBITOR_URL = 'http://127.0.0.1:8181/exhibitor/v1/cluster/status'

const TIMEOUT_MS = 5000
/** Nine servers take less than two kilobytes. */
const LIMIT_BYTES = 64 * 1024

const clusterStatus = Type.Array(
  Type.Object({ hostname: Type.String(), description: Type.String(), isLeader: Type.Boolean() }),
  { description: 'a list of {hostname, description, isLeader}' },
)

/**
 * Asks once: systemd starts the unit again, and its log shows why. Rejects with BOOTSTRAP_EXHIBITOR_UNREACHABLE and
 * BOOTSTRAP_ENSEMBLE_INCOMPLETE.
 */
export async function demandEnsemble(url: string, masterCount: number): Promise<void> {
  let servers: ServerStatus[]
  try {
    const answer = await fetchJson(url, { timeoutMs: TIMEOUT_MS, limitBytes: LIMIT_BYTES })
    servers = decode(clusterStatus, answer, 'the answer')
  } catch (error) {
    throw faults.EXHIBITOR_UNREACHABLE(url, (error as Error).message).because(error)
  }
  checkEnsemble(servers, masterCount)
}

interface ServerStatus {
  description: string
  isLeader: boolean
}

/** All masters serve and exactly one leads. Pure. Throws BOOTSTRAP_ENSEMBLE_INCOMPLETE. */
export function checkEnsemble(servers: readonly ServerStatus[], masterCount: number): void {
  const serving = servers.filter(({ description }) => description === 'serving').length
  const leaders = servers.filter(({ isLeader }) => isLeader).length
  if (serving !== masterCount || leaders !== 1) throw faults.ENSEMBLE_INCOMPLETE(serving, masterCount, leaders)
}

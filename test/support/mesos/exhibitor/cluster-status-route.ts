/** GET /exhibitor/v1/cluster/status: every ZooKeeper server of the ensemble, asked anew each time. */
import { jsonAnswer } from '../http/answers.ts'
import type { Route } from '../http/route.ts'
import { askServer, readServerAnswer } from '../zookeeper/server-status.ts'

/** Exhibitor waits no longer for another node either. */
const ANSWER_TIMEOUT_MS = 2000

export interface Ensemble {
  /** Addresses of all masters, in the order of the master list. */
  hosts: readonly string[]
  port: number
}

export const clusterStatusRoute = ({ hosts, port }: Ensemble): Route => ({
  paths: ['/exhibitor/v1/cluster/status'],
  method: 'GET',
  handle: async () =>
    jsonAnswer(
      await Promise.all(
        hosts.map(async hostname => {
          const { state, isLeader } = readServerAnswer(await askServer(hostname, port, ANSWER_TIMEOUT_MS))
          return { code: state.code, description: state.description, hostname, isLeader }
        }),
      ),
    ),
})

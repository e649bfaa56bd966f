/** A framework as a master and its agents know it. */

export interface FrameworkInfo {
  id: string
  name: string
  user: string
  role: string
  principal?: string
  hostname: string
  webuiUrl: string
  failoverTimeoutSecs: number
  checkpoint: boolean
  capabilities: string[]
}

const WEEK_SECS = 604_800

/** A framework that looks like DC/OS' Marathon, unless `given` says otherwise. */
export function describeFramework(id: string, hostname: string, given: { name: string } & Partial<FrameworkInfo>) {
  const info: FrameworkInfo = {
    user: 'root',
    role: 'slave_public',
    hostname,
    webuiUrl: `http://${hostname}:8080`,
    failoverTimeoutSecs: WEEK_SECS,
    checkpoint: true,
    capabilities: ['TASK_KILLING_STATE'],
    ...given,
    id,
  }
  return info
}

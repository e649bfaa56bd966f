/** config.yaml of a bed's cluster, for genconf. JSON is YAML. Pure. */
import type { BedNode } from './nodes.ts'

/** The address of the one interface that a node has. */
const IP_DETECT = `#!/bin/sh
ip -4 -o address show dev eth0 | awk '{ sub("/.*", "", $4); print $4; exit }'
`

export interface ClusterConfigInput {
  name: string
  nodes: readonly BedNode[]
  repositoryUrl: string
  /** Address of the switch: where the nodes would ask for names outside the cluster, and where nobody answers. */
  resolver: string
}

export function clusterConfig({ name, nodes, repositoryUrl, resolver }: ClusterConfigInput): string {
  const addresses = (role: string) => nodes.filter(node => node.role === role).map(({ address }) => address)
  return `${JSON.stringify(
    {
      cluster_name: name,
      bootstrap_url: repositoryUrl,
      master_discovery: 'static',
      master_list: addresses('master'),
      exhibitor_storage_backend: 'static',
      ip_detect_contents: IP_DETECT,
      resolvers: [resolver],
      // No node may call home from a test network.
      telemetry_enabled: false,
    },
    null,
    2,
  )}\n`
}

/**
 * Facts that every daemon may ask for: who the node is (detect_ip, provider), who the masters are, which proxy to use
 * (units 7, pkgpanda 1.8 and 5.6).
 */
import { type Component, environmentFile } from '../component.ts'

/** Runs at `pkgpanda check`: without an address no other service of the node can work (pkgpanda 1.9). */
const CHECK_IP = `#!/bin/bash
# Passes when detect_ip prints an IPv4 address.
address=$(/opt/mesosphere/bin/detect_ip) || { echo "detect_ip failed with exit status $?"; exit 1; }
part='(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])'
if [[ $address =~ ^$part\\.$part\\.$part\\.$part$ ]]; then
  exit 0
fi
echo "detect_ip must print an IPv4 address, but printed '$address'"
exit 1
`

export const node: Component = {
  name: 'node',
  environment: values => ({
    MESOS_IP_DISCOVERY_COMMAND: '/opt/mesosphere/bin/detect_ip',
    PROVIDER: values.platform ?? '',
  }),
  files: values => [
    { path: 'bin/detect_ip', content: values.ip_detect_contents ?? '', executable: true },
    { path: 'bin/detect_ip_public', content: values.ip_detect_public_contents ?? '', executable: true },
    { path: 'check/check_ip', content: CHECK_IP, executable: true },
    // bootstrap demands exactly so many serving ZooKeepers; agents have no use for it.
    { path: 'etc_master/master_count', content: `${values.num_masters}\n` },
    // Without a fixed list agents ask Exhibitor; an empty file would look like a cluster without masters.
    ...(values.master_list ? [{ path: 'etc/master_list', content: `${values.master_list}\n` }] : []),
    { path: 'etc/proxy.env', content: values.use_proxy === 'true' ? proxyVariables(values) : '' },
  ],
}

/** In both spellings: curl and Python read the small one for http, others the capitals. */
function proxyVariables(values: Readonly<Record<string, string>>): string {
  const variables: Record<string, string> = {}
  for (const name of ['http_proxy', 'https_proxy'] as const) {
    if (values[name]) {
      variables[name] = values[name]
      variables[name.toUpperCase()] = values[name]
    }
  }
  variables.no_proxy = values.no_proxy_final ?? ''
  variables.NO_PROXY = values.no_proxy_final ?? ''
  return environmentFile(variables)
}

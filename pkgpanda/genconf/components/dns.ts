/** Environment files about DNS: read by dcos-gen-resolvconf, by dcos-spartan and by bootstrap (dns 2.2, 4.1; pkgpanda 5.5). */
import { type Component, environmentFile } from '../component.ts'
import { listOf } from '../rules.ts'

/** A master asks its own Exhibitor, whose list is right even while masters are replaced (dns 2.2). */
const EXHIBITOR_OF_THIS_MASTER = 'http://127.0.0.1:8181/exhibitor/v1/cluster/status'

export const dns: Component = {
  name: 'dns',
  files: values => [
    {
      path: 'etc/dns_config',
      content: environmentFile({
        RESOLVERS: listOf(values.resolvers).join(','),
        ...(values.master_discovery === 'static'
          ? { MASTER_SOURCE: 'master_list' }
          : { MASTER_SOURCE: 'exhibitor', EXHIBITOR_ADDRESS: values.exhibitor_address ?? '' }),
      }),
    },
    // Units read it after dns_config, so these lines win on masters.
    {
      path: 'etc_master/dns_config_master',
      content: environmentFile({ MASTER_SOURCE: 'exhibitor_uri', EXHIBITOR_URI: EXHIBITOR_OF_THIS_MASTER }),
    },
    // gen-resolvconf writes a search line only when SEARCH is set (dns 4.2).
    {
      path: 'etc/dns_search_config',
      content: values.dns_search ? environmentFile({ SEARCH: values.dns_search }) : '',
    },
  ],
}

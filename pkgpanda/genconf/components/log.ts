/** Configuration of dcos-log (log 1, 1.2): its role, which the daemon demands in the file. */
import { type Component, environmentFile } from '../component.ts'

const ROLES = { etc_master: 'master', etc_slave: 'agent', etc_slave_public: 'agent_public' }

export const log: Component = {
  name: 'log',
  files: () => [
    {
      path: 'etc/dcos-log.env',
      content: environmentFile({ DCOS_LOG_CONFIG_PATH: '/opt/mesosphere/etc/dcos-log-config.json' }),
    },
    ...Object.entries(ROLES).map(([folder, role]) => ({
      path: `${folder}/dcos-log-config.json`,
      content: `${JSON.stringify({ role }, undefined, 2)}\n`,
    })),
  ],
}

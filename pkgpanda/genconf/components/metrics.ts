/** Configuration of dcos-metrics (metrics 1, 1.2). */
import { type Component, environmentFile } from '../component.ts'

/** The port that Prometheus scrapes on every node; above the ports that Mesos offers to tasks (units 6). */
const PROMETHEUS_PORT = 61091

export const metrics: Component = {
  name: 'metrics',
  files: () => [
    {
      path: 'etc/dcos-metrics.env',
      content: environmentFile({ DCOS_METRICS_CONFIG_PATH: '/opt/mesosphere/etc/dcos-metrics-config.yaml' }),
    },
    {
      path: 'etc/dcos-metrics-config.yaml',
      content: `producers:\n  prometheus:\n    port: ${PROMETHEUS_PORT}\n`,
    },
  ],
}

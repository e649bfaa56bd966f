/** What bootstrap does for each service that asks (pkgpanda 5.5). Every one also gets its sysctls. */

export interface ServiceNeeds {
  /** `agree`: propose one where there is none; `read`: somebody else must have. */
  readonly clusterId?: 'agree' | 'read'
  /** The secret for tokens, in a file for dcos-oauth. */
  readonly authTokenSecret?: true
}

export const services: Readonly<Record<string, ServiceNeeds>> = {
  'dcos-adminrouter': { clusterId: 'agree' },
  'dcos-signal': { clusterId: 'agree' },
  'dcos-metrics-master': { clusterId: 'agree' },
  'dcos-metrics-agent': { clusterId: 'read' },
  'dcos-3dt-agent': {},
  'dcos-3dt-master': {},
  'dcos-cosmos': {},
  'dcos-history': {},
  'dcos-log-agent': {},
  'dcos-log-master': {},
  'dcos-marathon': {},
  'dcos-mesos-dns': {},
  'dcos-mesos-master': {},
  'dcos-mesos-slave': {},
  'dcos-mesos-slave-public': {},
  'dcos-metronome': {},
  'dcos-minuteman': {},
  'dcos-navstar': {},
  'dcos-oauth': { authTokenSecret: true },
  'dcos-spartan': {},
}

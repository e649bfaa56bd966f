/** Configuration of dcos-logrotate, in the files and the syntax of 1.9 (log 11): how much of the logs of Mesos a node keeps. */
import type { Component } from '../component.ts'

const MASTER = { log: '/var/lib/dcos/mesos/log/mesos-master.log', archive: '/var/lib/dcos/mesos/log/archive' }
const AGENT = { log: '/var/log/mesos/mesos-agent.log', archive: '/var/log/mesos/archive' }

/** A log is rotated at this size, MB. Two of them are not compressed: the log, and the newest file of the archive. */
const ROTATED_MB = 256

/**
 * How many rotated files fit into `retentionMb`: one as it is, the others at a tenth of their size. 4000 → 137.
 *
 * QUIRK (log 11): a log that compresses less well than that takes more space.
 */
export function rotatedFiles(retentionMb: number): number {
  return Math.floor(1 + ((retentionMb - 2 * ROTATED_MB) / ROTATED_MB) * 10)
}

export const logrotate: Component = {
  name: 'logrotate',
  files: ({ mesos_log_retention_mb: retentionMb = '' }) => {
    const count = rotatedFiles(Number(retentionMb))
    return [
      { path: 'etc_master/logrotate_master.config', content: configuration(MASTER, count) },
      { path: 'etc_slave/logrotate_agent.config', content: configuration(AGENT, count) },
      { path: 'etc_slave_public/logrotate_agent.config', content: configuration(AGENT, count) },
    ]
  },
}

/** DEPARTURE (log 11): no script; dcos-logrotate deletes old files itself. */
function configuration({ log, archive }: { log: string; archive: string }, count: number): string {
  return `compress
delaycompress
notifempty
missingok
nomail
${log} {
    size ${ROTATED_MB}M
    rotate ${count}
    copytruncate
    olddir ${archive}
}
`
}

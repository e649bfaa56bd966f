/** Names in the archive: logrotate's own, so that a node may change between it and us at any time (log 11). Pure. */

/** `mesos-agent.log.1`: newest, not compressed yet (delaycompress). */
export function newest(log: string): string {
  return `${log}.1`
}

/** `mesos-agent.log.7.gz`. */
export function compressed(log: string, number: number): string {
  return `${log}.${number}.gz`
}

/** The copy while the log is not truncated yet; logrotate never looks at it. */
export function copying(log: string): string {
  return `.${log}.copying`
}

/** The compressed file while it is not whole yet. */
export function compressing(log: string): string {
  return `.${log}.compressing`
}

/** `mesos-agent.log.1.gz-2026112509.backup`: where logrotate, too, moves what is in the way of a new file. UTC. */
export function backup(name: string, nowMs: number): string {
  return `${name}-${new Date(nowMs).toISOString().replaceAll(/[-T]/g, '').slice(0, 10)}.backup`
}

/** Renames that free number 1 by moving 1 to `last`, in order: highest first, so that a kill between two of them overwrites nothing. */
export function shifts(log: string, last: number): { from: string; to: string }[] {
  return Array.from({ length: last }, (_, index) => ({
    from: compressed(log, last - index),
    to: compressed(log, last - index + 1),
  }))
}

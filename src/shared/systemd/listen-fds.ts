/** Sockets that systemd opened for us: sd_listen_fds(3). TCP, UNIX stream and UDP alike; names from FileDescriptorName=. */
import { faults } from './errors.ts'

/** First descriptor after stdin, stdout, stderr (SD_LISTEN_FDS_START). */
const FIRST_FD = 3

/** More than any unit of the suite has; a larger LISTEN_FDS is a corrupt environment. */
const SOCKETS_MAX = 64

export interface InheritedSocket {
  fd: number
  /** FileDescriptorName= of the socket unit, the unit's name when it sets none, `unknown` on systemd before 227. */
  name: string
}

/** In the order systemd passes them; empty unless LISTEN_PID names this process. */
export function inheritedSockets(
  env: Readonly<Record<string, string | undefined>>,
  pid: number = process.pid,
): InheritedSocket[] {
  if (Number(env.LISTEN_PID) !== pid) return []
  const count = Number(env.LISTEN_FDS)
  if (!Number.isInteger(count) || count < 0 || count > SOCKETS_MAX) return []
  const names = (env.LISTEN_FDNAMES ?? '').split(':')
  return Array.from({ length: count }, (_, i) => ({ fd: FIRST_FD + i, name: names[i] || 'unknown' }))
}

/** The one socket when systemd passed exactly one, as dcos-log and dcos-metrics of 1.9 decide; undefined otherwise. */
export function onlyInheritedSocket(
  env: Readonly<Record<string, string | undefined>>,
  pid?: number,
): InheritedSocket | undefined {
  const sockets = inheritedSockets(env, pid)
  return sockets.length === 1 ? sockets[0] : undefined
}

/** The socket of that FileDescriptorName=. Throws SYSTEMD_SOCKETS_UNEXPECTED when sockets were passed but not this one. */
export function inheritedSocketNamed(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
  pid?: number,
): InheritedSocket | undefined {
  const sockets = inheritedSockets(env, pid)
  if (sockets.length === 0) return undefined
  const found = sockets.find(socket => socket.name === name)
  if (!found) throw faults.SOCKETS_UNEXPECTED(`a socket named '${name}'`, sockets.map(each => each.name).join(', '))
  return found
}

/**
 * sd_notify(3): READY=1, STATUS=, WATCHDOG=1, STOPPING=1 to the socket that systemd names in NOTIFY_SOCKET; silent without it.
 * Node has no AF_UNIX datagrams, hence the package node-unix-socket (docs/decisions/0002-sd-notify.md). RELOADING=1 is left out
 * on purpose: 3DT would call a reloading unit unhealthy.
 */

export interface Notifier {
  /** Sends assignments such as `READY=1\nSTATUS=…`. Never throws: a supervisor that does not listen is no reason to stop. */
  send(state: string): void
  close(): void
}

/** systemd cuts a longer STATUS= anyway, and a datagram has its limit. */
const STATUS_MAX_LENGTH = 1000

const SILENT: Notifier = { send: () => {}, close: () => {} }

export async function openNotifier(env: Readonly<Record<string, string | undefined>>): Promise<Notifier> {
  const address = env.NOTIFY_SOCKET
  if (!address || !/^[/@]/.test(address)) return SILENT
  // On demand: a program started by hand need not load a native module.
  // Its loader asks process.report for the C library, whose network part would look up the names of open sockets' peers.
  Object.assign(process.report, { excludeNetwork: true })
  const { DgramSocket } = await import('node-unix-socket')
  const path = address.startsWith('@') ? `\0${address.slice(1)}` : address
  const socket = new DgramSocket()
  // Without a listener an error event would end the process.
  socket.on('error', () => {})
  return {
    send(state) {
      const datagram = Buffer.from(state)
      try {
        socket.sendTo(datagram, 0, datagram.length, path, () => {})
      } catch {
        // The socket is gone: systemd is being re-executed, or nobody supervises us any more.
      }
    },
    close: () => socket.close(),
  }
}

/** `STATUS=` on one line, cut to what systemd shows. */
export function statusAssignment(sentence: string): string {
  return `STATUS=${sentence.replace(/\s+/g, ' ').slice(0, STATUS_MAX_LENGTH)}`
}

/**
 * How often WATCHDOG=1 is due in ms: a third of what the unit allows, so that two may be lost (sd_watchdog_enabled(3)).
 * Undefined when the watchdog is off or meant for another process.
 */
export function watchdogIntervalMs(env: Readonly<Record<string, string | undefined>>, pid: number): number | undefined {
  const limitUs = Number(env.WATCHDOG_USEC)
  if (!Number.isFinite(limitUs) || limitUs <= 0) return undefined
  if (env.WATCHDOG_PID && Number(env.WATCHDOG_PID) !== pid) return undefined
  return limitUs / 1000 / 3
}

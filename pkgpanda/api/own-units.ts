/**
 * How an activation treats the units of this very daemon: a change that it makes must not stop it in the middle. They keep running
 * until everything is in place; then systemd is told, without waiting, to restart them, and the request is finished while it stops us.
 * Why: docs/decisions/0010-api-replaces-itself.md.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { unlessAbsent } from '../disk/unless-absent.ts'
import { faults } from '../errors.ts'
import { runSystemctl, type Systemctl } from '../units/systemctl.ts'

const OWN_SOCKET = 'dcos-pkgpanda-api.socket'
const OWN_UNITS: readonly string[] = [OWN_SOCKET, 'dcos-pkgpanda-api.service']

export interface OwnUnitsOptions {
  /** `/etc/systemd/system`. */
  systemdDirectory: string
  run?: (argv: readonly string[]) => Promise<{ status: number; stderr?: string }>
}

/**
 * For one change. Other units are stopped by `systemctl` as it likes. `startTarget` rejects with PKGPANDA_SYSTEMCTL_FAILED also when
 * systemd refuses the restart: the old process would go on serving, and nobody would know.
 */
export function sparingOwnUnits(
  systemctl: Systemctl,
  { systemdDirectory, run = runSystemctl }: OwnUnitsOptions,
): Systemctl {
  const queue = async (verb: 'restart' | 'stop', units: readonly string[]) => {
    if (units.length === 0) return
    const argv = [verb, '--no-block', ...units]
    const { status, stderr = '' } = await run(argv)
    if (status !== 0) throw faults.SYSTEMCTL_FAILED(argv.join(' '), status, stderr.trim())
  }
  const socketText = () => readText(join(systemdDirectory, OWN_SOCKET))
  /** What was to be stopped, with the socket's text at that time. */
  let spared: { units: readonly string[]; socket: string | undefined } | undefined
  return {
    ...systemctl,
    async stop(units) {
      const own = units.filter(unit => OWN_UNITS.includes(unit))
      const socket = socketText()
      await systemctl.stop(units.filter(unit => !own.includes(unit)))
      if (own.length > 0) spared = { units: own, socket }
    },
    async startTarget() {
      await systemctl.startTarget()
      if (spared === undefined) return
      const { units, socket } = spared
      spared = undefined
      const isThere = (unit: string) => existsSync(join(systemdDirectory, unit))
      // A socket of the same text goes on listening: whoever connects meanwhile is answered by the new process.
      const restart = units.filter(unit => isThere(unit) && !(unit === OWN_SOCKET && socketText() === socket))
      const stop = units.filter(unit => !isThere(unit))
      // In one call each, so that systemd orders socket and service.
      await queue('restart', restart)
      await queue('stop', stop)
    },
  }
}

function readText(path: string): string | undefined {
  return unlessAbsent(() => readFileSync(path, 'utf8'), undefined)
}

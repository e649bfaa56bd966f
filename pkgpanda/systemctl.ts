/** The few things that an activation asks of systemd (pkgpanda 2.3), through systemctl(1): D-Bus may be down at boot. */
import { execFile } from 'node:child_process'
import { faults } from './errors.ts'
import { DCOS_TARGET } from './install-paths.ts'

export interface Systemctl {
  /** All in one call; nothing for an empty list. Rejects with PKGPANDA_SYSTEMCTL_FAILED. */
  stop(units: readonly string[]): Promise<void>
  /** Units as they are on disk now. */
  reload(): Promise<void>
  /** Enables the target for the next boot, and brings back everything that it wants and that does not run. */
  startTarget(): Promise<void>
  disableTarget(): Promise<void>
}

export interface SystemctlOptions {
  /** Queue stop jobs without waiting: for a caller that is itself among the stopped. */
  noBlockStop?: boolean
  noBlockStart?: boolean
  run?: (argv: readonly string[]) => Promise<{ status: number; stderr: string }>
}

/** systemctl's exit status for a unit that is not loaded, which is as good as stopped. */
const NOT_LOADED = 5

/** Passive units first: a service that stops before its socket or timer is started again at once. */
const STOP_ORDER = ['.timer', '.socket', '.path']

export function createSystemctl({
  noBlockStop = false,
  noBlockStart = false,
  run = runSystemctl,
}: SystemctlOptions = {}): Systemctl {
  const must = async (argv: readonly string[], tolerated?: number) => {
    const { status, stderr } = await run(argv)
    if (status !== 0 && status !== tolerated) throw faults.SYSTEMCTL_FAILED(argv.join(' '), status, stderr.trim())
  }
  return {
    async stop(units) {
      if (units.length === 0) return
      await must(['stop', ...(noBlockStop ? ['--no-block'] : []), ...stopOrder(units)], NOT_LOADED)
    },
    async reload() {
      await must(['daemon-reload'])
    },
    async startTarget() {
      await must(['enable', DCOS_TARGET, '--no-reload'])
      await must(['start', DCOS_TARGET, ...(noBlockStart ? ['--no-block'] : [])])
    },
    async disableTarget() {
      await must(['disable', DCOS_TARGET, '--no-reload'])
    },
  }
}

/** Timers, sockets and paths before services; else as given. Pure. */
export function stopOrder(units: readonly string[]): string[] {
  const rank = (unit: string) => (STOP_ORDER.some(suffix => unit.endsWith(suffix)) ? 0 : 1)
  return units.toSorted((left, right) => rank(left) - rank(right))
}

function runSystemctl(argv: readonly string[]): Promise<{ status: number; stderr: string }> {
  return new Promise((resolve, reject) => {
    execFile('systemctl', argv, { encoding: 'utf8' }, (error, _stdout, stderr) => {
      if (!error) return resolve({ status: 0, stderr })
      if (typeof error.code === 'number') return resolve({ status: error.code, stderr })
      reject(faults.SYSTEMCTL_FAILED(argv.join(' '), -1, error.message))
    })
  })
}

/** The few things that an activation asks of systemd (pkgpanda 2.3), through systemctl(1): D-Bus may be down at boot. */
import { execFile } from 'node:child_process'
import { faults } from '../errors.ts'
import { DCOS_TARGET } from '../swap/install-paths.ts'

export interface Systemctl {
  /** All in one call; nothing for an empty list. Rejects with PKGPANDA_SYSTEMCTL_FAILED. */
  stop(units: readonly string[]): Promise<void>
  /** Units as they are on disk now. */
  reload(): Promise<void>
  /** Enables the target for the next boot, and brings back everything that it wants and that does not run. */
  startTarget(): Promise<void>
  disableTarget(): Promise<void>
  /** Of each unit, in the same order; a unit that systemd does not know has the load state `not-found`. */
  states(units: readonly string[]): Promise<UnitState[]>
}

export interface UnitState {
  readonly unit: string
  readonly loadState: string
  readonly activeState: string
  readonly subState: string
  /** `success`, `exit-code`, `watchdog` …; empty where a kind of unit has none. */
  readonly result: string
  /** Automatic restarts so far. */
  readonly restarts: number
  /** A start or stop is queued. */
  readonly pending: boolean
}

export interface SystemctlOptions {
  /** Queue the start of the target without waiting: for a caller that the target waits for. */
  noBlock?: boolean
  run?: (argv: readonly string[]) => Promise<{ status: number; stdout?: string; stderr: string }>
}

/** systemctl's exit status for a unit that is not loaded, which is as good as stopped. */
const NOT_LOADED = 5

const STATE_PROPERTIES = ['Id', 'LoadState', 'ActiveState', 'SubState', 'Result', 'NRestarts', 'Job'] as const

/** Passive units first: a service that stops before its socket or timer is started again at once. */
const STOP_ORDER = ['.timer', '.socket', '.path']

export function createSystemctl({ noBlock = false, run = runSystemctl }: SystemctlOptions = {}): Systemctl {
  const must = async (argv: readonly string[], tolerated?: number) => {
    const { status, stdout = '', stderr } = await run(argv)
    if (status !== 0 && status !== tolerated) throw faults.SYSTEMCTL_FAILED(argv.join(' '), status, stderr.trim())
    return stdout
  }
  return {
    async stop(units) {
      if (units.length === 0) return
      // DEPARTURE (pkgpanda 2.3): waited for also with --no-block-systemd. A target that is started while its services are still
      // going down meets sockets that systemd refuses to open, since their service is active.
      await must(['stop', '--', ...stopOrder(units)], NOT_LOADED)
    },
    async reload() {
      await must(['daemon-reload'])
    },
    async startTarget() {
      await must(['enable', DCOS_TARGET, '--no-reload'])
      await must(['start', DCOS_TARGET, ...(noBlock ? ['--no-block'] : [])])
    },
    async disableTarget() {
      await must(['disable', DCOS_TARGET, '--no-reload'])
    },
    async states(units) {
      if (units.length === 0) return []
      return parseStates(await must(['show', `--property=${STATE_PROPERTIES.join(',')}`, '--', ...units]))
    },
  }
}

/** Of `systemctl show`: a block of `Name=value` lines a unit, blocks apart by an empty line. Pure. */
export function parseStates(text: string): UnitState[] {
  return text
    .trim()
    .split('\n\n')
    .filter(block => block !== '')
    .map(block => {
      const facts = new Map(
        block.split('\n').map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      )
      const fact = (name: (typeof STATE_PROPERTIES)[number]) => facts.get(name) ?? ''
      return {
        unit: fact('Id'),
        loadState: fact('LoadState'),
        activeState: fact('ActiveState'),
        subState: fact('SubState'),
        result: fact('Result'),
        restarts: Number(fact('NRestarts')),
        pending: !['', '0'].includes(fact('Job')),
      }
    })
}

/** Timers, sockets and paths before services; else as given. Pure. */
export function stopOrder(units: readonly string[]): string[] {
  const rank = (unit: string) => (STOP_ORDER.some(suffix => unit.endsWith(suffix)) ? 0 : 1)
  return units.toSorted((left, right) => rank(left) - rank(right))
}

/** Never throws for an exit status. Rejects with PKGPANDA_SYSTEMCTL_FAILED when there is no systemctl to run. */
export function runSystemctl(argv: readonly string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    execFile('systemctl', argv, { encoding: 'utf8' }, (error, stdout, stderr) => {
      if (!error) return resolve({ status: 0, stdout, stderr })
      if (typeof error.code === 'number') return resolve({ status: error.code, stdout, stderr })
      reject(faults.SYSTEMCTL_FAILED(argv.join(' '), -1, error.message))
    })
  })
}

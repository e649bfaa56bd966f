/** A node's dcos-* units as `systemctl show` prints them, and whether one is well. Pure. */

export interface UnitState {
  /** With its ending, e.g. `dcos-log-agent.socket`. */
  name: string
  active: string
  sub: string
  result: string
  /** The sentence of STATUS=, empty without one. */
  status: string
}

/** What `systemctl show` is asked for. */
export const UNIT_PROPERTIES = [
  'Id',
  'LoadState',
  'ActiveState',
  'SubState',
  'Result',
  'StatusText',
  'TriggeredBy',
  'Type',
  'ExecMainExitTimestampMonotonic',
]

/** What the table needs, and what the judgement needs beside it. */
export interface UnitReport extends UnitState {
  /** `loaded`, or `not-found` for a link without a unit. */
  load: string
  /** A socket or a timer starts it. */
  triggered: boolean
  /** It ran to its end at least once since the node booted. */
  hasRun: boolean
  /** `Type=oneshot`: it runs to its end, and again whenever its timer says so. */
  isJob: boolean
}

/** Blocks of KEY=VALUE, an empty line between two. Units come sorted by name. */
export function parseUnits(text: string): UnitReport[] {
  return text
    .split(/\n\n+/)
    .filter(block => block.trim())
    .map(block => {
      const values = Object.fromEntries(
        block.split('\n').map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      )
      return {
        name: values.Id ?? '',
        active: values.ActiveState ?? '',
        sub: values.SubState ?? '',
        result: values.Result ?? '',
        status: values.StatusText ?? '',
        load: values.LoadState ?? '',
        triggered: Boolean(values.TriggeredBy),
        hasRun: Number(values.ExecMainExitTimestampMonotonic ?? 0) > 0,
        isJob: values.Type === 'oneshot',
      }
    })
    .sort((a, b) => a.name.localeCompare(b.name))
}

/**
 * `well`: active, or at rest as it should be: a daemon that left and whose socket brings it back, a job that has
 * finished, or that its timer runs again. `pending`: on its way, or a job that has yet to run. `failed`: everything else.
 */
export function judgeUnit(unit: UnitReport): 'well' | 'pending' | 'failed' {
  if (unit.load !== 'loaded') return 'failed'
  if (unit.active === 'active') return 'well'
  if (unit.active === 'activating' || unit.active === 'reloading' || unit.active === 'deactivating') {
    // Restart= is waiting for its next try: the last one failed.
    if (unit.sub.startsWith('auto-restart')) return 'failed'
    // Whoever looks often enough meets a job of every minute while it runs.
    return unit.isJob && unit.triggered && unit.hasRun ? 'well' : 'pending'
  }
  if (unit.active !== 'inactive' || !['success', ''].includes(unit.result)) return 'failed'
  return unit.hasRun || unit.triggered ? 'well' : 'pending'
}

/** The health of a node in a word or a short list: what an operator would look at next. */
export function summarize(units: readonly UnitReport[]): string {
  const named = (verdict: string) => units.filter(unit => judgeUnit(unit) === verdict).map(({ name }) => name)
  const failed = named('failed')
  const pending = named('pending')
  if (units.length === 0) return 'not installed'
  if (failed.length > 0) return `failed: ${failed.join(' ')}`
  return pending.length > 0 ? `waiting for ${pending.join(' ')}` : 'healthy'
}

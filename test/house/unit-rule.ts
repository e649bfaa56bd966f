/** Rules on the text of a unit: those of DC/OS (each learnt from a failure in production) and ours. Pure. */

export interface Unit {
  /** With its suffix: `dcos-log-agent.service`. */
  name: string
  /** `[Section]` → assignments in order; a key may come more than once. */
  sections: ReadonlyMap<string, readonly (readonly [key: string, value: string])[]>
}

export function parseUnit(name: string, text: string): Unit {
  const sections = new Map<string, [string, string][]>()
  let current: [string, string][] = []
  for (const line of text.replaceAll('\\\n', ' ').split('\n')) {
    const section = /^\[(.+)\]$/.exec(line.trim())?.[1]
    const assignment = /^\s*([A-Za-z]+)\s*=\s*(.*?)\s*$/.exec(line)
    if (section !== undefined) {
      current = sections.get(section) ?? []
      sections.set(section, current)
    } else if (assignment) current.push([assignment[1]!, assignment[2]!])
  }
  return { name, sections }
}

/** All values of a key, in order. */
export function valuesOf({ sections }: Unit, section: string, key: string): string[] {
  return (sections.get(section) ?? []).filter(([found]) => found === key).map(([, value]) => value)
}

/** Programs of ours that Exec lines call: `+/opt/mesosphere/bin/bootstrap x` → `bootstrap`. */
export function programsOf(unit: Unit): string[] {
  const commands = ['ExecStartPre', 'ExecStart', 'ExecStartPost', 'ExecReload', 'ExecStop', 'ExecStopPost']
  const lines = commands.flatMap(key => valuesOf(unit, 'Service', key))
  return lines.flatMap(line => /^[-+!@:]*\/opt\/mesosphere\/bin\/(\S+)/.exec(line)?.[1] ?? [])
}

/** What is wrong, as sentences that begin with the unit's name. */
export function unitTroubles(unit: Unit): string[] {
  const troubles: string[] = []
  const kind = unit.name.slice(unit.name.lastIndexOf('.') + 1)
  const say = (sentence: string) => void troubles.push(`${unit.name}: ${sentence}`)
  const has = (section: string, key: string, wanted: RegExp, why: string) => {
    const values = valuesOf(unit, section, key)
    if (values.length === 0) say(`no ${key}=: ${why}`)
    else if (!wanted.test(values.at(-1)!)) say(`${key}=${values.at(-1)}: ${why}`)
  }

  const descriptions = valuesOf(unit, 'Unit', 'Description')
  if (descriptions.length !== 1 || descriptions[0]!.split(': ').length !== 2) {
    say('Description= is `Name: what it does`, with one colon and blank: 3DT parts it there')
  }
  for (const key of ['Requires', 'Wants', 'BindsTo', 'Requisite', 'PartOf']) {
    if (valuesOf(unit, 'Unit', key).length > 0) say(`${key}= chains restarts of units that live apart`)
  }
  if (unit.sections.has('Install')) say('[Install]: activation links units, nobody enables them')
  if (kind === 'service') serviceTroubles(unit, say, has)
  if (kind === 'socket') socketTroubles(unit, say, has)
  if (kind === 'timer') {
    has('Timer', 'AccuracySec', /^[1-9]\d*m?s?$/, 'the default of a minute makes every run late')
    has('Timer', 'OnBootSec', /[1-9]/, 'a timer without it, or with 0, may never start after a boot')
  }
  return troubles
}

type Say = (sentence: string) => void
type Has = (section: string, key: string, wanted: RegExp, why: string) => void

function serviceTroubles(unit: Unit, say: Say, has: Has): void {
  has('Service', 'Type', /^(notify|oneshot)$/, 'a service says when it is ready, or runs once')
  has('Service', 'NotifyAccess', /^main$/, 'nobody else may speak for it')
  const starts = valuesOf(unit, 'Service', 'ExecStart')
  if (starts.length !== 1) say(`${starts.length} lines ExecStart=`)
  for (const [key, value] of unit.sections.get('Service') ?? []) {
    if (key.startsWith('Exec') && /(^|[\s/])(ba|da)?sh\s|[|;&<>]/.test(value))
      say(`${key}=${value}: no logic in Exec lines`)
  }
  const user = valuesOf(unit, 'Service', 'User').at(-1)
  if (user !== undefined && !/^dcos_[a-z0-9_]+$/.test(user)) say(`User=${user}: root, or a user that a package brings`)
  has('Service', 'SyslogIdentifier', new RegExp(`^${unit.name.replace(/^dcos-|\.service$/g, '')}$`), "the unit's name")
  has('Service', 'MemoryMax', /^\d+[MG]$/, 'everything has a limit')
  has('Service', 'TasksMax', /^\d+$/, 'everything has a limit')
  if (valuesOf(unit, 'Service', 'Type').at(-1) === 'notify') {
    has('Service', 'WatchdogSec', /^[1-9]\d*$/, 'a stuck daemon is restarted')
    has('Service', 'Restart', /^(always|on-failure)$/, 'a daemon comes back')
    has('Service', 'RestartSec', /^[1-9]\d*$/, 'not in a tight loop')
    has('Service', 'TimeoutStopSec', /^[1-9]\d*$/, 'a stop ends')
    has('Unit', 'StartLimitIntervalSec', /^0$/, 'a daemon comes back however often it fell')
  } else {
    has('Service', 'TimeoutStartSec', /^[1-9]\d*$/, 'what runs once has no other end')
  }
}

function socketTroubles(unit: Unit, say: Say, has: Has): void {
  const paths = ['ListenStream', 'ListenDatagram', 'ListenSequentialPacket']
    .flatMap(key => valuesOf(unit, 'Socket', key))
    .filter(address => address.startsWith('/'))
  if (paths.length === 0) return
  for (const path of paths)
    if (!/^\/run\/dcos\/[\w.-]+\.sock$/.test(path)) say(`listens on ${path}: sockets are in /run/dcos/`)
  has('Socket', 'SocketUser', /^root$/, 'a daemon may not remove its own socket')
  has('Socket', 'SocketGroup', /^dcos_adminrouter$/, 'Admin Router asks')
  has('Socket', 'SocketMode', /^0660$/, 'and nobody else')
}

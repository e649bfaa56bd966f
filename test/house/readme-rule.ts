/** What a program's README must have (style of a short manual page), and what its tables say. Pure. */

const SECTIONS = [
  'Name',
  'Description',
  'Configuration',
  'Routes',
  'Metrics',
  'Files',
  'Examples',
  'Differences from 1.9',
]

/** Programs that listen nowhere say `Routes: None.`; a command line has commands in their place. */
export function sectionsOf(kind: 'daemon' | 'command'): string[] {
  return kind === 'daemon' ? SECTIONS : SECTIONS.map(name => (name === 'Routes' ? 'Commands' : name))
}

export interface Readme {
  title: string
  /** Name → text up to the next heading of its level; in the order of the page. */
  sections: ReadonlyMap<string, string>
}

/** `# title`, then `## section`s. Headings inside fenced code are text. */
export function parseReadme(text: string): Readme {
  let title = ''
  let name: string | undefined
  let fenced = false
  const sections = new Map<string, string>()
  for (const line of text.split('\n')) {
    if (line.startsWith('```')) fenced = !fenced
    const [, marks, words] = (!fenced && /^(#{1,2}) (.+)$/.exec(line)) || []
    if (marks === '#' && title === '') title = words!.trim()
    else if (marks === '##') {
      name = words!.trim()
      sections.set(name, '')
    } else if (name !== undefined) sections.set(name, `${sections.get(name)}${line}\n`)
  }
  return { title, sections }
}

/** Missing, unknown, empty or misplaced sections, as sentences. */
export function sectionTroubles({ title, sections }: Readme, wanted: readonly string[]): string[] {
  const found = [...sections.keys()]
  const troubles = wanted.filter(name => !sections.has(name)).map(name => `no section ${name}`)
  troubles.push(
    ...found.filter(name => !wanted.includes(name)).map(name => `section ${name} is not one of the fixed ones`),
  )
  for (const [name, text] of sections) if (text.trim() === '') troubles.push(`section ${name} is empty`)
  if (troubles.length === 0 && found.join() !== wanted.join())
    troubles.push(`sections out of order: ${found.join(', ')}`)
  if (title === '') troubles.push('no title')
  return troubles
}

/** Paths in the tables of section Routes, in code marks: `GET /v0/node` and `/range/<x>` alike give `/range/:`. */
export function documentedRoutes(section: string): string[] {
  const rows = section.split('\n').filter(line => line.startsWith('|'))
  const cells = rows.flatMap(row =>
    row.split('|').flatMap(cell => /^\s*`(?:[A-Z]+ )?(\/[^`]*)`\s*$/.exec(cell)?.[1] ?? []),
  )
  return cells.map(normalRoute)
}

/** Names of parameters do not count: `/fields/:field` and `/fields/<field>` are both `/fields/:`. */
export function normalRoute(path: string): string {
  return path.replaceAll(/:\w+|<[^>]*>/g, ':')
}

/** Full names in section Metrics, in code marks, labels cut off. Families of the kit (`…_http_*`) and those of every process are left out. */
export function documentedMetrics(section: string, prefix: string): string[] {
  const marked = [...section.matchAll(/`([^`]*)`/g)].map(([, text]) => text!.replace(/\{.*$/, ''))
  const own = marked.filter(name => name.startsWith(prefix) && /^\w+$/.test(name))
  return own.filter(name => name !== `${prefix}build_info`)
}

export interface MetricForm {
  name: string
  type: string
  help: string
}

/** `dcos_<daemon>_<thing>_<unit>[_total]`, base units, a help sentence. */
export function metricTroubles({ name, type, help }: MetricForm, prefix: string): string[] {
  const troubles: string[] = []
  if (!name.startsWith(prefix) || !/^dcos(_[a-z][a-z0-9]*)+$/.test(name))
    troubles.push(`${name}: not ${prefix}<thing>_<unit>`)
  if ((type === 'counter') !== name.endsWith('_total'))
    troubles.push(`${name}: a ${type}; _total ends counters and nothing else`)
  if (/_(ms|millis|milliseconds|micros|minutes|kb|kib|mb|percent)(_|$)/.test(name)) {
    troubles.push(`${name}: seconds, bytes and ratios are the units`)
  }
  if (!/^[A-Z0-9].*\.$/.test(help)) troubles.push(`${name}: its help is no sentence: '${help}'`)
  return troubles
}

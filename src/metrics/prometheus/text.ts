/** The Prometheus text format 0.0.4, written: families whose sample lines are already text, so that most of a scrape is joining. Pure. */

export type FamilyType = 'counter' | 'gauge' | 'histogram' | 'summary' | 'untyped'

export interface Family {
  name: string
  /** As it stands in the file: backslashes and line ends escaped. '' writes no HELP line. */
  help: string
  type: FamilyType
  /** Whole sample lines, each with its line end. */
  samples: string
}

/** `name{a="1",b=""} 2\n`; no braces without labels. */
export function sampleLine(name: string, labels: Iterable<readonly [string, string]>, value: string): string {
  let text = ''
  for (const [label, labelValue] of labels) text += `${text ? ',' : ''}${label}="${escapeLabel(labelValue)}"`
  return text ? `${name}{${text}} ${value}\n` : `${name} ${value}\n`
}

export function formatValue(value: number): string {
  if (Number.isFinite(value)) return String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf'
}

export function escapeHelp(text: string): string {
  return text.replace(/[\\\n]/g, c => (c === '\n' ? '\\n' : '\\\\'))
}

function escapeLabel(text: string): string {
  return /[\\\n"]/.test(text) ? text.replace(/[\\\n"]/g, c => (c === '\n' ? '\\n' : `\\${c}`)) : text
}

/**
 * All sources as one: families of one name merged, so that HELP and TYPE stand once, and sorted by name. The first source of a name
 * decides help and type; a later one of another type is left out, since a scrape with both would fail as a whole.
 */
export function renderFamilies(sources: readonly (readonly Family[])[]): { text: string; leftOut: number } {
  const merged = new Map<string, Family>()
  let leftOut = 0
  for (const { name, help, type, samples } of sources.flat()) {
    const first = merged.get(name)
    if (!first) merged.set(name, { name, help, type, samples })
    else if (first.type === type) merged.set(name, { ...first, samples: first.samples + samples })
    else leftOut++
  }
  let text = ''
  for (const name of [...merged.keys()].sort()) {
    const { help, type, samples } = merged.get(name) as Family
    text += `${help && `# HELP ${name} ${help}\n`}# TYPE ${name} ${type}\n${samples}`
  }
  return { text, leftOut }
}

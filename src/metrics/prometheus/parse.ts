/**
 * The Prometheus text format 0.0.4, read: what another daemon wrote becomes families that can be merged with ours, each sample with
 * one label more. Strict, because one bad line would make Prometheus throw away the whole scrape of the node. Pure.
 */
import { type Family, type FamilyType, sampleLine } from './text.ts'

/** What is wrong, with the line's number from 1. */
export class TextFormatError extends Error {
  readonly line: number

  constructor(line: number, why: string) {
    super(why)
    this.line = line
  }
}

const TYPES: readonly string[] = ['counter', 'gauge', 'histogram', 'summary', 'untyped']
const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)[ \t]*(?:\{(.*)\})?[ \t]*(\S+)[ \t]*$/s
const LABEL = /[ \t]*([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"((?:[^"\\]|\\[\\"n])*)"[ \t]*(,|$)/y
const VALUE = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|NaN|[+-]?Inf)$/
/** Endings of the samples of a histogram or summary. */
const PARTS = /_(?:bucket|sum|count)$/

/** `extra` is set on every sample that does not have that label itself. Throws TextFormatError. Time stamps are not allowed. */
export function parseFamilies(text: string, extra: readonly [string, string]): Family[] {
  const families = new Map<string, Family & { typed: boolean }>()
  const seen = new Set<string>()
  let number = 0
  const familyOf = (name: string) => {
    let family = families.get(name)
    if (!family) {
      family = { name, help: '', type: 'untyped', samples: '', typed: false }
      families.set(name, family)
    }
    return family
  }
  for (const line of text.split('\n')) {
    number++
    if (line.trim() === '') continue
    if (line.startsWith('#')) {
      const [, keyword, name = '', rest = ''] = /^#[ \t]+(HELP|TYPE)[ \t]+(\S+)(?:[ \t]+(.*))?$/s.exec(line) ?? []
      if (keyword === undefined) continue
      if (!NAME.test(name)) throw new TextFormatError(number, `'${shorten(name)}' is no metric name`)
      const family = familyOf(name)
      if (keyword === 'HELP') {
        family.help ||= rest
        continue
      }
      if (!TYPES.includes(rest.trim())) throw new TextFormatError(number, `'${shorten(rest)}' is no type`)
      if (family.typed || family.samples)
        throw new TextFormatError(number, `the type of ${name} comes twice or too late`)
      family.type = rest.trim() as FamilyType
      family.typed = true
      continue
    }
    const [, name, labelText = '', value = ''] = SAMPLE.exec(line) ?? []
    if (name === undefined || !VALUE.test(value)) throw new TextFormatError(number, `'${shorten(line)}' is no sample`)
    const labels = parseLabels(labelText, number)
    if (!labels.has(extra[0])) labels.set(...extra)
    const sample = sampleLine(name, labels, value)
    const series = sample.slice(0, sample.lastIndexOf(' '))
    if (seen.has(series)) throw new TextFormatError(number, `${shorten(series)} comes twice`)
    seen.add(series)
    familyOf(ownerOf(name, families)).samples += sample
  }
  return [...families.values()]
    .filter(({ samples }) => samples !== '')
    .map(({ name, help, type, samples }) => ({ name, help, type, samples }))
}

/** `x_bucket` belongs to `x` when that is a histogram or summary. */
function ownerOf(name: string, families: ReadonlyMap<string, Family>): string {
  const base = name.replace(PARTS, '')
  const type = families.get(base)?.type
  return base !== name && (type === 'histogram' || type === 'summary') ? base : name
}

function parseLabels(braces: string, line: number): Map<string, string> {
  const labels = new Map<string, string>()
  // Without the blanks behind a last comma, which would look like one label more.
  const text = braces.trimEnd()
  LABEL.lastIndex = 0
  while (LABEL.lastIndex < text.length) {
    const match = LABEL.exec(text)
    if (!match) throw new TextFormatError(line, `'${shorten(text)}' are no labels`)
    const [, name = '', value = ''] = match
    if (labels.has(name)) throw new TextFormatError(line, `label ${name} comes twice`)
    labels.set(
      name,
      value.replace(/\\([\\"n])/g, (_, c: string) => (c === 'n' ? '\n' : c)),
    )
  }
  return labels
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

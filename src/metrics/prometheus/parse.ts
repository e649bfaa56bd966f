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
// A line is read from left to right by these, each in one pass: a pattern for all of it could be made to try every pair of places,
// and one hostile line of 40 kB would hold the daemon up for as long as the watchdog waits.
const SAMPLE_NAME = /^([a-zA-Z_:][a-zA-Z0-9_:]*)[ \t]*/
const LABEL = /[ \t]*([a-zA-Z_][a-zA-Z0-9_]*)[ \t]*=[ \t]*"((?:[^"\\]|\\[\\"n])*)"[ \t]*(?:,|(?=\}))/y
const LABELS_END = /[ \t]*\}/y
const VALUE = /^(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|NaN|[+-]?Inf)$/
/** More digits than anybody writes: of a longer text `VALUE` would take a time that grows with the square. */
const VALUE_MAX_LENGTH = 400
/** Endings of the samples of a histogram or summary. */
const PARTS = /_(?:bucket|sum|count)$/

/** `extra` is set on every sample, over whatever the file says: nobody can speak for another daemon. Throws TextFormatError. Time stamps are not allowed. */
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
    const { name, labels, value } = parseSample(line, number)
    labels.set(...extra)
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

function parseSample(line: string, number: number): { name: string; labels: Map<string, string>; value: string } {
  const [head = '', name] = SAMPLE_NAME.exec(line) ?? []
  const braces = line[head.length] === '{'
  const { labels, end } = braces ? parseLabels(line, head.length + 1, number) : { labels: new Map(), end: head.length }
  const value = line.slice(end).trim()
  if (name === undefined || value.length > VALUE_MAX_LENGTH || !VALUE.test(value))
    throw new TextFormatError(number, `'${shorten(line)}' is no sample`)
  return { name, labels, value }
}

/** Labels from `start`, behind the opening brace; `end` is behind the closing one. */
function parseLabels(line: string, start: number, number: number): { labels: Map<string, string>; end: number } {
  const labels = new Map<string, string>()
  let at = start
  for (;;) {
    LABELS_END.lastIndex = at
    if (LABELS_END.test(line)) return { labels, end: LABELS_END.lastIndex }
    LABEL.lastIndex = at
    const match = LABEL.exec(line)
    if (!match) throw new TextFormatError(number, `'${shorten(line.slice(start))}' are no labels`)
    at = LABEL.lastIndex
    const [, name = '', value = ''] = match
    if (labels.has(name)) throw new TextFormatError(number, `label ${name} comes twice`)
    labels.set(
      name,
      value.replace(/\\([\\"n])/g, (_, c: string) => (c === 'n' ? '\n' : c)),
    )
  }
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

/** docs/ERRORS.md from the registries: code, meaning, remedy, contract section, grouped by prefix. Pure. */
import type { FaultRegistry } from '../../src/shared/errors/fault.ts'

export interface FoundRegistry extends FaultRegistry {
  /** Where it stands, from the root of the project. */
  path: string
}

const HEAD = `# Errors

Every expected failure has a code, which is what to search for: in the journal, in the answer of a daemon, on stderr. Codes are never renamed or
reused. In *meaning*, what is in angle brackets is filled in; *contract* is the section that demands the behaviour.
Written by \`npm run golden\` from the registries named below each heading; do not edit.
`

/** The whole page; registries by prefix, their faults in the order in which they are defined. */
export function formatErrorPage(registries: readonly FoundRegistry[]): string {
  const byPrefix = [...registries].sort((a, b) => (a.prefix < b.prefix ? -1 : 1))
  return `${HEAD}\n${byPrefix.map(formatRegistry).join('\n')}`
}

function formatRegistry({ prefix, path, definitions }: FoundRegistry): string {
  const rows = Object.entries(definitions).map(([name, { message, remedy, contract }]) => {
    const cells = [`\`${prefix}_${name}\``, describeMessage(message), remedy, contract ?? '–']
    return `| ${cells.map(cell).join(' | ')} |`
  })
  return `## ${prefix}\n\`${path}\`\n\n| code | meaning | remedy | contract |\n|---|---|---|---|\n${rows.join('\n')}\n`
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/</g, '‹').replaceAll(/>/g, '›').replaceAll(/\s+/g, ' ').trim()
}

/** The sentence with its parameters' names for their values: `<field> is not an allowed field`. */
// biome-ignore lint/suspicious/noExplicitAny: messages take whatever their faults are about
export function describeMessage(message: (...args: any[]) => string): string {
  return String(message(...parametersOf(message.toString()).map(placeholder)))
}

/** Names in the head of an arrow function's source, types stripped. */
export function parametersOf(source: string): string[] {
  const head = /^\s*(?:async\s*)?\(([\s\S]*?)\)\s*=>/.exec(source)?.[1] ?? /^\s*(\w+)\s*=>/.exec(source)?.[1] ?? ''
  return head
    .split(',')
    .map(part => /^\s*(?:\.\.\.)?(\w+)/.exec(part)?.[1] ?? '')
    .filter(Boolean)
}

/** Stands for any value: whatever is asked of it is itself again, and as text it is its name. */
function placeholder(name: string): unknown {
  const text = `<${name}>`
  const self: unknown = new Proxy(() => text, {
    get: (_, key) => {
      if (key === Symbol.toPrimitive || key === 'toString' || key === 'toJSON') return () => text
      if (key === Symbol.iterator) return () => [text][Symbol.iterator]()
      return self
    },
    apply: () => self,
  })
  return self
}

/** What is wrong with the registries, as sentences. */
export function registryTroubles(registries: readonly FoundRegistry[]): string[] {
  const troubles: string[] = []
  const seen = new Map<string, string>()
  for (const { prefix, path, definitions } of registries) {
    for (const [name, { remedy, status, message }] of Object.entries(definitions)) {
      const code = `${prefix}_${name}`
      const other = seen.get(code)
      if (other !== undefined) troubles.push(`${code} is in ${other} and in ${path}`)
      seen.set(code, path)
      if (!/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(code)) troubles.push(`${code} is not in capitals and underscores`)
      if (!isSentence(remedy)) troubles.push(`${code}: its remedy is no sentence: '${remedy}'`)
      if (!(status >= 400 && status <= 599) && status !== 204)
        troubles.push(`${code}: ${status} is no status of a failure`)
      const meaning = describeMessage(message)
      if (meaning === '' || /undefined|NaN|\[object/.test(meaning))
        troubles.push(`${code}: its message reads '${meaning}'`)
    }
  }
  return troubles
}

/** Faults that no source makes: an operator would look for them in vain. `sources` are the texts of all files. */
export function unusedFaults(registries: readonly FoundRegistry[], sources: readonly string[]): string[] {
  const made = new Set(
    sources.flatMap(text => [...text.matchAll(/[fF]aults\s*\.([A-Z][A-Z0-9_]*)/g)].map(([, name]) => name)),
  )
  return registries.flatMap(({ prefix, definitions }) =>
    Object.keys(definitions).flatMap(name => (made.has(name) ? [] : [`${prefix}_${name}`])),
  )
}

/** Begins in capitals, or with the name of a file or unit; ends in a full stop; says more than `Retry.`. */
function isSentence(text: string): boolean {
  return /^([A-Z`]|\w+\.\w+)[\s\S]*\.$/.test(text) && text.trim().split(/\s+/).length >= 3
}

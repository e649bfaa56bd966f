/** config.yaml → its keys as strings, each with its line, for messages that point at the place. */
import { readFile } from 'node:fs/promises'
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml'
import { faults } from './errors.ts'
import { stringify } from './stringify.ts'

export interface LoadedConfig {
  readonly file: string
  /** Keys with usable values. */
  readonly values: Readonly<Record<string, string>>
  /** Keys whose value cannot be used → why. */
  readonly problems: Readonly<Record<string, string>>
  /** Key → line, from 1. */
  readonly lines: ReadonlyMap<string, number>
}

/** Rejects with GENCONF_FILE_UNREADABLE, GENCONF_FILE_MALFORMED. */
export async function loadConfig(file: string): Promise<LoadedConfig> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    throw faults.FILE_UNREADABLE(file, (error as Error).message).because(error)
  }
  return parseConfig(text, file)
}

/** Pure. An empty file has no keys. Throws GENCONF_FILE_MALFORMED. */
export function parseConfig(text: string, file: string): LoadedConfig {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false })
  const error = document.errors[0]
  if (error) {
    const { line, col } = lineCounter.linePos(error.pos[0])
    throw faults.FILE_MALFORMED(`${file}:${line}:${col}`, error.message)
  }
  const map = document.contents
  const values: Record<string, string> = {}
  const problems: Record<string, string> = {}
  const lines = new Map<string, number>()
  if (map === null || (isScalar(map) && map.value === null)) return { file, values, problems, lines }
  if (!isMap(map)) throw faults.FILE_MALFORMED(`${file}:1`, 'the top level must be a map')
  for (const { key, value } of map.items) {
    const offset = isScalar(key) ? (key.range?.[0] ?? 0) : 0
    const { line } = lineCounter.linePos(offset)
    const name = isScalar(key) ? String(key.value) : ''
    if (name === '') throw faults.FILE_MALFORMED(`${file}:${line}`, 'a key must be text')
    const result = stringify((value as { toJS(document: unknown): unknown } | null)?.toJS(document))
    lines.set(name, line)
    if ('text' in result) values[name] = result.text
    else problems[name] = result.problem
  }
  return { file, values, problems, lines }
}

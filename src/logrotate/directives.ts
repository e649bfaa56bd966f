/** The part of logrotate.conf(5) that 1.9 used (log 11): one log, and always the same directives around size, count and archive. Pure. */
import { faults } from './errors.ts'

export interface Rotation {
  /** Absolute path of the log; its directory is what is cleaned. */
  log: string
  /** `olddir`: absolute path of the directory of rotated files. */
  archive: string
  /** The log is rotated when it has so many bytes or more. */
  sizeBytes: number
  /** `rotate`: files kept in the archive; 1 to 100,000. */
  count: number
}

/** What rotating by ourselves does, and nothing else: without one of them a file would mean something that we do not do. */
const ALWAYS = ['compress', 'delaycompress', 'notifempty', 'missingok', 'nomail', 'copytruncate'] as const
const SCRIPTS = ['prerotate', 'postrotate', 'firstaction', 'lastaction', 'preremove']
const COUNT_MAX = 100_000
const UNITS: Record<string, number> = { '': 1, k: 1024, M: 1024 ** 2, G: 1024 ** 3 }

/** Throws LOGROTATE_CONFIG_INVALID with the line. Files of 1.9 itself are understood; their scripts are not run. */
export function parseRotation(text: string, file: string): Rotation {
  const found: Partial<Rotation> = {}
  const words = new Set<string>()
  let inside: 'nothing' | 'log' | 'script' = 'nothing'
  let number = 0
  const fail = (why: string) => faults.CONFIG_INVALID(file, number, why)
  for (const raw of text.split('\n')) {
    number++
    const line = raw.trim()
    if (inside === 'script') {
      // COMPAT (1.9): its file ran the cleaning script here, which is part of this program.
      if (line === 'endscript') inside = 'log'
      continue
    }
    if (line === '' || line.startsWith('#')) continue
    const [, path] = /^(\/\S*)\s*\{?$/.exec(line) ?? []
    if (path !== undefined) {
      if (found.log !== undefined) throw fail('a second log')
      found.log = requirePath(path, fail)
      if (line.endsWith('{')) inside = 'log'
      continue
    }
    if (line === '{' && found.log !== undefined) inside = 'log'
    else if (line === '}' && inside === 'log') inside = 'nothing'
    else if (SCRIPTS.includes(line) && inside === 'log') inside = 'script'
    else readDirective(line, { found, words, fail })
  }
  const missing = ALWAYS.find(word => !words.has(word))
  if (missing !== undefined) throw fail(`the file ends without '${missing}'`)
  const { log, archive, sizeBytes, count } = found
  if (log === undefined) throw fail('the file ends without a log')
  if (archive === undefined || sizeBytes === undefined || count === undefined || inside !== 'nothing') {
    throw fail('the file ends without olddir, size, rotate or the closing brace')
  }
  return { log, archive, sizeBytes, count }
}

/** The same as a file for logrotate, which so runs nothing but what was understood here. */
export function formatRotation({ log, archive, sizeBytes, count }: Rotation): string {
  const lines = [...ALWAYS, `size ${sizeBytes}`, `rotate ${count}`, `olddir ${archive}`]
  return `${log} {\n${lines.map(line => `    ${line}\n`).join('')}}\n`
}

interface Reading {
  found: Partial<Rotation>
  words: Set<string>
  fail: (why: string) => Error
}

function readDirective(line: string, { found, words, fail }: Reading): void {
  const [, name = '', value = ''] = /^(\S+?)(?:\s*=\s*|\s+|$)(.*)$/.exec(line) ?? []
  if (ALWAYS.some(word => word === line)) {
    words.add(line)
  } else if (name === 'olddir') {
    found.archive = requirePath(value, fail)
  } else if (name === 'size') {
    const [, digits = '', unit = ''] = /^(\d{1,12})([kMG]?)$/.exec(value) ?? []
    found.sizeBytes = Number(digits) * (UNITS[unit] ?? 0)
    if (!(found.sizeBytes > 0)) throw fail(`size '${value}' is not a number of bytes, k, M or G above 0`)
  } else if (name === 'rotate') {
    found.count = /^\d{1,6}$/.test(value) ? Number(value) : 0
    if (found.count < 1 || found.count > COUNT_MAX) throw fail(`rotate '${value}' is not from 1 to ${COUNT_MAX}`)
  } else {
    throw fail(`'${line}' is not among the directives that are understood`)
  }
}

/** No patterns, quotes or ways up: what is written to must be plain from the text. */
function requirePath(path: string, fail: (why: string) => Error): string {
  const plain = /^(?:\/[\w.-]+)+$/.test(path) && !/\/\.\.?(?:\/|$)/.test(path)
  if (!plain) throw fail(`'${path}' is not a plain absolute path`)
  return path
}

/** What strace(1) writes with `-y -xx`: lines, also of calls that another thread interrupted, → system calls. Pure. */
import { resolve } from 'node:path'

export interface Call {
  readonly thread: number
  /** `renameat2`. */
  readonly name: string
  /** Absolute paths that it names, those of descriptors included, in order. */
  readonly paths: readonly string[]
  /** What `write` writes, and the target of `symlink`; bytes as latin1. */
  readonly data: string
  /** Everything between the parentheses, for flags and modes. */
  readonly text: string
  /** `ENOSPC`, or undefined after success. */
  readonly error?: string | undefined
  /** Its result is strace's doing. */
  readonly injected: boolean
  /** The thread ended in it: nothing of it has happened. */
  readonly fatal: boolean
}

const LINE = /^(?:(\d+) +)?(.*)$/
const RESUMED = /^<\.\.\. \w+ resumed>(.*)$/
const CALL = /^(\w+)\((.*)\)\s+= (\S+)(.*)$/
const UNFINISHED = ' <unfinished ...>'
/** `3<path>`, `AT_FDCWD<path>`, or a string. */
const WORD = /(?:AT_FDCWD|\d+)<((?:\\x[0-9a-f]{2})*)>|"((?:\\x[0-9a-f]{2})*)"(\.{3})?/g

/** `main` stands for the thread where lines have no number, which is so without -f. */
export function parseTrace(text: string, main = 0): Call[] {
  const calls: Call[] = []
  const begun = new Map<number, string>()
  for (const line of text.split('\n')) {
    const [, number, rest = ''] = LINE.exec(line) ?? []
    const thread = number === undefined ? main : Number(number)
    if (rest.endsWith(UNFINISHED)) {
      begun.set(thread, rest.slice(0, -UNFINISHED.length))
      continue
    }
    const resumed = RESUMED.exec(rest)
    const whole = resumed ? `${begun.get(thread) ?? ''}${resumed[1]}` : rest
    begun.delete(thread)
    const call = parseCall(thread, whole)
    if (call) calls.push(call)
  }
  // A thread that was killed in a call that another one interrupted is never resumed.
  for (const [thread, start] of begun) {
    const call = parseCall(thread, `${start}) = ?`)
    if (call) calls.push(call)
  }
  return calls
}

function parseCall(thread: number, line: string): Call | undefined {
  const [, name, text, result, more] = CALL.exec(line) ?? []
  if (name === undefined || text === undefined) return undefined
  const paths: string[] = []
  let data = ''
  let base = '/'
  let afterDescriptor = false
  for (const [, descriptor, string, cut] of text.matchAll(WORD)) {
    if (cut) throw new Error(`strace has cut a string of ${name}: its limit is too low`)
    if (descriptor !== undefined) {
      base = decode(descriptor)
      afterDescriptor = true
      if (!name.endsWith('at') && !name.endsWith('at2')) paths.push(base)
    } else if (isData(name, paths.length, data)) {
      data = decode(string ?? '')
    } else {
      paths.push(resolve(afterDescriptor ? base : '/', decode(string ?? '')))
      afterDescriptor = false
    }
  }
  const injected = more?.includes('(INJECTED)') ?? false
  return {
    thread,
    name,
    paths,
    data,
    text: decode(text),
    error: result === '-1' ? /^ (\w+)/.exec(more ?? '')?.[1] : undefined,
    injected,
    fatal: result === '?',
  }
}

function isData(name: string, paths: number, data: string): boolean {
  if (/^p?write/.test(name)) return true
  return name.startsWith('symlink') && paths === 0 && data === ''
}

function decode(text: string): string {
  return text.replaceAll(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

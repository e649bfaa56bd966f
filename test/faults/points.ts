/** Where a run can be disturbed: its system calls that change the node's files, each known by thread, name and number. Pure. */
import type { Call } from './trace-line.ts'
import { normalText } from './tree.ts'

export interface Point {
  /** The first thread, or one that works for it. */
  readonly isMain: boolean
  /** `fsync`. */
  readonly name: string
  /** Which of the calls of this name in its thread, counted from 1, also of those that are no points. */
  readonly number: number
  /** `rename root/bin.new root/bin`: the same in every run. */
  readonly what: string
  /** Calls of one kind are counted together: `open`, `remove`, … */
  readonly kind: Kind
}

export type Kind = 'open' | 'write' | 'mkdir' | 'symlink' | 'link' | 'rename' | 'remove' | 'mode' | 'sync' | 'read'

const KINDS: readonly [pattern: RegExp, kind: Kind][] = [
  [/^(open|openat|creat)$/, 'open'],
  [/^(p?writev?|pwrite64|f?truncate|copy_file_range|sendfile)$/, 'write'],
  [/^mkdir/, 'mkdir'],
  [/^symlink/, 'symlink'],
  [/^link/, 'link'],
  [/^rename/, 'rename'],
  [/^(unlink|unlinkat|rmdir)$/, 'remove'],
  [/^[fl]?ch(mod|own)/, 'mode'],
  [/sync(fs)?$/, 'sync'],
]

/** Every point of a run, in order. `main` is the number of the first thread. Calls that failed by themselves change nothing. */
export function findPoints(calls: readonly Call[], node: string, main: number): Point[] {
  const counts = new Map<string, number>()
  return calls.flatMap(call => {
    const counter = `${call.thread} ${call.name}`
    const number = (counts.get(counter) ?? 0) + 1
    counts.set(counter, number)
    const kind = kindOf(call)
    if (kind === undefined || call.error !== undefined || !call.paths.some(path => path.startsWith(`${node}/`))) return []
    return [{ isMain: call.thread === main, name: call.name, number, kind, what: describeCall(call, node) }]
  })
}

export function describeCall({ name, paths }: Call, node: string): string {
  return normalText([name, ...paths.map(path => path.replaceAll(`${node}/`, ''))].join(' '))
}

/** The option of strace that does it. */
export function injection({ name, number }: Point, what: 'signal=KILL' | `error=${string}`): string {
  return `--inject=${name}:${what}:when=${number}`
}

function kindOf({ name, text }: Call): Kind | undefined {
  const kind = KINDS.find(([pattern]) => pattern.test(name))?.[1]
  // Opened to be read: nothing changes, but the disk may refuse.
  if (kind === 'open' && name !== 'creat' && !/O_(WRONLY|RDWR|CREAT|TRUNC)/.test(text)) return 'read'
  return kind
}

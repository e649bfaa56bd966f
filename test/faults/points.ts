/** Where a run can be disturbed: its system calls that change the node's files, each known by thread, name and number. Pure. */
import { dirname } from 'node:path'
import type { Call } from './trace-line.ts'
import { normalText } from './tree.ts'

export interface Point {
  /** The first thread, or one that works for it. */
  readonly isMain: boolean
  /** `fsync`. */
  readonly name: string
  /** Relative to the node: strace is told to look at nothing else. Undefined where a part of the name is random. */
  readonly path: string | undefined
  /** Which of the calls of this name that its thread makes, of those that name the path if there is one; counted from 1. */
  readonly number: number
  /** Which of all the calls of this name that its thread makes. */
  readonly ordinal: number
  /**
   * On a random name, in another thread, and the first one makes as many calls of that name before it: strace counts each thread
   * by itself and would meet the first thread.
   */
  readonly isHidden: boolean
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
  const count = (...counter: unknown[]) => {
    const key = counter.join(' ')
    const number = (counts.get(key) ?? 0) + 1
    counts.set(key, number)
    return number
  }
  return calls.flatMap(call => {
    const { thread, name, paths, text, error } = call
    const number = count(thread, name)
    // strace looks at the directory of `unlinkat(7, "x")`, not at what is in it.
    const seen = /^\d/.test(text) && name.endsWith('at') ? paths.map(path => dirname(path)) : paths
    const onPath = new Map([...new Set(seen)].map(path => [path, count(thread, name, path)]))
    const kind = kindOf(call)
    if (kind === undefined || error !== undefined || !paths.some(path => path.startsWith(`${node}/`))) return []
    // Of the two names of a rename strace looks at the first one only.
    const known = seen.slice(0, 1).find(path => path.startsWith(`${node}/`) && normalText(path) === path)
    const isHidden = known === undefined && thread !== main && (counts.get(`${main} ${name}`) ?? 0) >= number
    const where =
      known === undefined
        ? { path: undefined, number }
        : { path: known.slice(node.length + 1), number: onPath.get(known) ?? 0 }
    return [
      { isMain: thread === main, name, kind, ordinal: number, isHidden, what: describeCall(call, node), ...where },
    ]
  })
}

export function describeCall({ name, paths }: Call, node: string): string {
  return normalText([name, ...paths.map(path => path.replaceAll(`${node}/`, ''))].join(' '))
}

/** The options of strace that do it. */
export function injection(
  { name, number, path }: Point,
  node: string,
  what: 'signal=KILL' | `error=${string}`,
): string[] {
  const here = path === undefined ? [] : [`--trace-path=${node}/${path}`]
  return [...here, `--inject=${name}:${what}:when=${number}`]
}

function kindOf({ name, text }: Call): Kind | undefined {
  const kind = KINDS.find(([pattern]) => pattern.test(name))?.[1]
  // Opened to be read: nothing changes, but the disk may refuse.
  if (kind === 'open' && name !== 'creat' && !/O_(WRONLY|RDWR|CREAT|TRUNC)/.test(text)) return 'read'
  return kind
}

/**
 * What a file system promises, as a model: which states may a disk be in after the power went? Pure.
 *
 * Every change belongs to one lane or two: an entry of a directory to that directory, a rename to both of its directories, content and
 * mode to the file. fsync(2) of a file or directory makes all earlier changes of its lane last, and of a rename that is in two lanes
 * what came before it in the other one too: renames are atomic, and a lane is kept in order. Nothing else lasts for certain:
 * - fsync(2) of a file says nothing of its name: "an explicit fsync() on a file descriptor for the directory is also needed".
 * - Names without their content: ext4 (data=ordered with delayed allocation, data=writeback) and XFS write the log without waiting for
 *   data of files that nobody synced; such a file has no bytes.
 * - ext4 and XFS write one log in the order of the changes: the disk has some prefix of them. btrfs's log tree and ext4's fast commits
 *   bring the synced file or directory alone, before what is older elsewhere: so any lane may be ahead of the others.
 * A removed directory is gone with what is in it, whatever became of the removal of its entries.
 */
import type { Entry, Tree } from './tree.ts'

export interface Inode {
  readonly kind: Entry['kind']
  /** Of a link. */
  readonly target: string
  /** With which it was made: it is never seen without. */
  readonly mode: number
}

export type Change =
  | { readonly what: 'enter'; readonly directory: Inode; readonly name: string; readonly inode: Inode }
  | { readonly what: 'leave'; readonly directory: Inode; readonly name: string }
  | {
      readonly what: 'move'
      readonly directory: Inode
      readonly name: string
      readonly to: Inode
      readonly toName: string
    }
  /** The whole content, as it is from then on. */
  | { readonly what: 'content'; readonly inode: Inode; readonly content: string }
  | { readonly what: 'mode'; readonly inode: Inode; readonly mode: number }

/** A change, or the fsync of a lane. */
export type Event = { readonly change: Change } | { readonly sync: Inode }

/** Where everything begins: all of it lasts. */
export interface Origin {
  readonly top: Inode
  readonly entries: ReadonlyMap<Inode, ReadonlyMap<string, Inode>>
  readonly contents: ReadonlyMap<Inode, string>
}

function lanes(change: Change): readonly Inode[] {
  if (change.what === 'move') return [change.directory, change.to]
  return [change.what === 'content' || change.what === 'mode' ? change.inode : change.directory]
}

/** The changes among the events, and which of them are certain to last. */
function lasting(events: readonly Event[]): { changes: Change[]; isLasting: boolean[] } {
  const changes: Change[] = []
  const isLasting: boolean[] = []
  const keep = (lane: Inode, before: number) => {
    for (let index = before - 1; index >= 0; index--) {
      const change = changes[index]
      if (change === undefined || isLasting[index] || !lanes(change).includes(lane)) continue
      isLasting[index] = true
      for (const other of lanes(change)) if (other !== lane) keep(other, index)
    }
  }
  for (const event of events) {
    if ('sync' in event) keep(event.sync, changes.length)
    else {
      changes.push(event.change)
      isLasting.push(false)
    }
  }
  return { changes, isLasting }
}

/** The states in which the disk may be when the power goes after these events, by what of the uncertain is lost in each. */
export function* statesAfter(origin: Origin, events: readonly Event[]): Generator<{ lost: string; state: Tree }> {
  const { changes, isLasting } = lasting(events)
  const pending = changes.flatMap((_, index) => (isLasting[index] ? [] : [index]))
  const state = (isLost: (index: number, change: Change) => boolean): Tree => {
    const blocked = new Set<Inode>()
    const kept = changes.filter((change, index) => {
      if (isLasting[index]) return true
      // A lane is kept in order: what comes after a lost change is lost with it.
      if (!isLost(index, change) && !lanes(change).some(lane => blocked.has(lane))) return true
      for (const lane of lanes(change)) blocked.add(lane)
      return false
    })
    return replay(origin, kept)
  }
  yield { lost: 'everything that was not synced', state: state(() => true) }
  yield { lost: 'content that was not synced', state: state((_, { what }) => what === 'content') }
  for (const [count, first] of pending.entries()) {
    yield { lost: `all but the first ${count} of what was not synced`, state: state(index => index >= first) }
    yield { lost: `change ${first + 1}, ${changes[first]?.what}`, state: state(index => index === first) }
  }
  for (const lane of new Set(pending.flatMap(index => lanes(changes[index]!)))) {
    yield { lost: 'all but one lane', state: state((_, change) => !lanes(change).includes(lane)) }
  }
}

function replay(origin: Origin, changes: readonly Change[]): Tree {
  const entries = new Map([...origin.entries].map(([inode, names]) => [inode, new Map(names)]))
  const contents = new Map(origin.contents)
  const modes = new Map<Inode, number>()
  const namesOf = (inode: Inode) => {
    const names = entries.get(inode) ?? new Map<string, Inode>()
    entries.set(inode, names)
    return names
  }
  for (const change of changes) {
    if (change.what === 'enter') namesOf(change.directory).set(change.name, change.inode)
    if (change.what === 'leave') namesOf(change.directory).delete(change.name)
    if (change.what === 'move') {
      const inode = namesOf(change.directory).get(change.name)
      if (inode) namesOf(change.to).set(change.toName, inode)
      namesOf(change.directory).delete(change.name)
    }
    if (change.what === 'content') contents.set(change.inode, change.content)
    if (change.what === 'mode') modes.set(change.inode, change.mode)
  }
  const tree = new Map<string, Entry>()
  const walk = (directory: Inode, prefix: string) => {
    for (const [name, inode] of [...namesOf(directory)].sort(([left], [right]) => (left < right ? -1 : 1))) {
      const { kind, target } = inode
      const mode = modes.get(inode) ?? inode.mode
      if (kind === 'link') tree.set(prefix + name, { kind, target })
      else if (kind === 'file') tree.set(prefix + name, { kind, mode, content: contents.get(inode) ?? '' })
      else {
        tree.set(prefix + name, { kind, mode })
        walk(inode, `${prefix}${name}/`)
      }
    }
  }
  walk(origin.top, '')
  return tree
}

/** From a tree and the trace of a run that began on it to the changes of its disk, in order, as disk-model.ts has them. Pure. */
import { basename, dirname } from 'node:path'
import type { Event, Inode, Origin } from './disk-model.ts'
import type { Call } from './trace-line.ts'
import { NODE, type Tree } from './tree.ts'

/** pkgpanda's own. */
const UMASK = 0o022

export interface DiskHistory {
  readonly origin: Origin
  readonly events: readonly Event[]
}

/** `node` is where the run took place. Throws when a call cannot be understood: the model would be wrong from there on. */
export function readHistory(start: Tree, calls: readonly Call[], node: string): DiskHistory {
  const top: Inode = { kind: 'directory', target: '', mode: 0o755 }
  const origin = {
    top,
    entries: new Map<Inode, Map<string, Inode>>([[top, new Map()]]),
    contents: new Map<Inode, string>(),
  }
  // How it is at each moment of the run: path → what stands there.
  const now = new Map<string, Inode>([[node, top]])
  const contents = new Map<Inode, string>()
  const events: Event[] = []

  for (const [path, entry] of start) {
    const inode: Inode =
      entry.kind === 'link' ? { ...entry, mode: 0 } : { kind: entry.kind, target: '', mode: entry.mode }
    const full = `${node}/${path}`
    origin.entries.get(now.get(dirname(full))!)!.set(basename(full), inode)
    now.set(full, inode)
    if (entry.kind === 'directory') origin.entries.set(inode, new Map())
    if (entry.kind === 'file') origin.contents.set(inode, entry.content)
  }
  for (const [inode, content] of origin.contents) contents.set(inode, content)

  const at = (path: string, call: Call): Inode => {
    const inode = now.get(path)
    if (inode === undefined) throw new Error(`${call.name} of ${path}, which is not there`)
    return inode
  }
  const enter = (path: string, inode: Inode, call: Call) => {
    events.push({ change: { what: 'enter', directory: at(dirname(path), call), name: basename(path), inode } })
    now.set(path, inode)
  }
  const setMode = (inode: Inode, mode: number) => events.push({ change: { what: 'mode', inode, mode } })
  const setContent = (inode: Inode, content: string) => {
    contents.set(inode, content)
    events.push({ change: { what: 'content', inode, content: content.replaceAll(node, NODE) } })
  }
  const move = (from: string, to: string, call: Call) => {
    events.push({
      change: {
        what: 'move',
        directory: at(dirname(from), call),
        name: basename(from),
        to: at(dirname(to), call),
        toName: basename(to),
      },
    })
    const moved = [...now].filter(([path]) => path === from || path.startsWith(`${from}/`))
    for (const path of now.keys()) if (path === to || path.startsWith(`${to}/`)) now.delete(path)
    for (const [path, inode] of moved) {
      now.delete(path)
      now.set(to + path.slice(from.length), inode)
    }
  }

  for (const call of calls) {
    const { name, paths, text, data, error } = call
    const [path = '', second = ''] = paths
    if (error !== undefined || !paths.some(each => `${each}/`.startsWith(`${node}/`))) continue
    if (/^(open|openat)$/.test(name)) {
      if (now.has(path)) {
        if (text.includes('O_TRUNC')) setContent(at(path, call), '')
      } else if (text.includes('O_CREAT')) {
        enter(path, { kind: 'file', target: '', mode: lastOctal(text) & ~UMASK }, call)
      } else throw new Error(`${path} was opened and nobody made it`)
    } else if (name === 'write' || name === 'pwrite64') {
      const inode = at(path, call)
      const before = contents.get(inode) ?? ''
      if (name === 'pwrite64' && lastDecimal(text) !== before.length)
        throw new Error(`${path} was written in its middle`)
      setContent(inode, before + data)
    } else if (name === 'ftruncate') {
      const inode = at(path, call)
      setContent(inode, (contents.get(inode) ?? '').slice(0, lastDecimal(text)))
    } else if (/^mkdir/.test(name)) {
      enter(path, { kind: 'directory', target: '', mode: lastOctal(text) & ~UMASK }, call)
    } else if (/^symlink/.test(name)) {
      enter(path, { kind: 'link', target: data.replaceAll(node, NODE), mode: 0 }, call)
    } else if (/^link/.test(name)) {
      enter(second, at(path, call), call)
    } else if (/^rename/.test(name)) {
      move(path, second, call)
    } else if (/^(unlink|unlinkat|rmdir)$/.test(name)) {
      events.push({ change: { what: 'leave', directory: at(dirname(path), call), name: basename(path) } })
      now.delete(path)
    } else if (/^f?chmod(at)?$/.test(name)) {
      setMode(at(path, call), lastOctal(text))
    } else if (/^f(data)?sync$/.test(name)) {
      events.push({ sync: at(path, call) })
    } else throw new Error(`the model does not know ${name}`)
  }
  return { origin, events }
}

/** Modes stand at the end of a call: `…, O_WRONLY|O_CREAT, 0600`. */
function lastOctal(text: string): number {
  const mode = /, (0[0-7]*)$/.exec(text)?.[1]
  if (mode === undefined) throw new Error(`no mode in ${text}`)
  return Number.parseInt(mode, 8)
}

/** The offset or length of a call: `…, 4096`. */
function lastDecimal(text: string): number {
  const number = /, (\d+)$/.exec(text)?.[1]
  if (number === undefined) throw new Error(`no number at the end of ${text}`)
  return Number(number)
}

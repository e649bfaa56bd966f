/**
 * A directory tree as a value: states of a node are kept, compared and put back by the thousand. Where the node lies is
 * written as `@NODE@` in links and texts, so that a state made in one directory can be put into another.
 */
import { createHash } from 'node:crypto'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

/** File contents are bytes, as a latin1 string. */
export type Entry =
  | { readonly kind: 'directory'; readonly mode: number }
  | { readonly kind: 'file'; readonly mode: number; readonly content: string }
  | { readonly kind: 'link'; readonly target: string }

/** Relative path → entry; a directory stands before what is in it. */
export type Tree = ReadonlyMap<string, Entry>

export const NODE = '@NODE@'

/** Everything below `node`, whose programs see it as `seenAs`. One that is not there is empty. */
export function readTree(node: string, seenAs = node): Tree {
  const tree = new Map<string, Entry>()
  const read = (prefix: string) => {
    for (const name of readdirSync(join(node, prefix)).sort()) {
      const path = join(prefix, name)
      const stat = lstatSync(join(node, path))
      const mode = stat.mode & 0o7777
      if (stat.isSymbolicLink()) {
        tree.set(path, { kind: 'link', target: readlinkSync(join(node, path)).replaceAll(seenAs, NODE) })
      } else if (stat.isDirectory()) {
        tree.set(path, { kind: 'directory', mode })
        read(path)
      } else {
        const content = readFileSync(join(node, path), 'latin1').replaceAll(seenAs, NODE)
        tree.set(path, { kind: 'file', mode, content })
      }
    }
  }
  if (lstatSync(node, { throwIfNoEntry: false })) read('')
  return tree
}

/** Makes `node` hold exactly that. */
export function writeTree(node: string, tree: Tree, seenAs = node): void {
  rmSync(node, { recursive: true, force: true })
  mkdirSync(node, { recursive: true })
  for (const [path, entry] of tree) {
    const full = join(node, path)
    if (entry.kind === 'link') symlinkSync(entry.target.replaceAll(NODE, seenAs), full)
    else if (entry.kind === 'directory') mkdirSync(full)
    else writeFileSync(full, entry.content.replaceAll(NODE, seenAs), 'latin1')
    if (entry.kind !== 'link') chmodSync(full, entry.mode)
  }
}

/** What lies below one directory of the tree, paths relative to it. */
export function subtree(tree: Tree, directory: string): Tree {
  return new Map(
    [...tree].flatMap(([path, entry]) =>
      path.startsWith(`${directory}/`) ? [[path.slice(directory.length + 1), entry] as const] : [],
    ),
  )
}

export function filterTree(tree: Tree, keep: (path: string) => boolean): Tree {
  return new Map([...tree].filter(([path]) => keep(path)))
}

/** Names in a directory of the tree; '' is its top. */
export function namesIn(tree: Tree, directory: string): string[] {
  const wanted = directory === '' ? '.' : directory
  return [...tree.keys()].filter(path => dirname(path) === wanted).map(path => path.slice(path.lastIndexOf('/') + 1))
}

/** Random parts of names and texts, and times, made equal: two runs to the same state have the same form. */
export function normalText(text: string): string {
  return text
    .replaceAll(/\.tmp-[0-9a-f]{16}/g, '.tmp-R')
    .replaceAll(/(\/|^)(\.[a-z_.]+)\.[0-9a-f]{12}(?=$|[/" ])/gm, '$1$2.R')
    .replaceAll(/(nonce\\*":\\*")[0-9a-f]+/g, '$1R')
    .replaceAll(/\b\d+\.\d+\b|\b\d{10,}\b/g, 'N')
}

/** One line an entry, for messages and digests. */
export function formatTree(tree: Tree): string[] {
  return [...tree]
    .map(([path, entry]) => {
      if (entry.kind === 'link') return `${path} -> ${entry.target}`
      const mode = entry.mode.toString(8)
      return entry.kind === 'directory' ? `${path}/ ${mode}` : `${path} ${mode} ${JSON.stringify(entry.content)}`
    })
    .map(normalText)
    .sort()
}

export function digestTree(tree: Tree): string {
  return createHash('sha256').update(formatTree(tree).join('\n')).digest('hex')
}

export function sameTree(left: Tree, right: Tree): boolean {
  return digestTree(left) === digestTree(right)
}

/** Lines that only one of two trees has, `- ` those of the first; not more than a message can hold. */
export function treeDifference(wanted: Tree, found: Tree, linesMax = 12): string[] {
  const before = new Set(formatTree(wanted))
  const after = new Set(formatTree(found))
  return [
    ...[...before].filter(line => !after.has(line)).map(line => `- ${line}`),
    ...[...after].filter(line => !before.has(line)).map(line => `+ ${line}`),
  ].slice(0, linesMax)
}

/** A judge that overlooks something would make the whole battery worthless: each kind of damage, done on purpose, is told. */
import t from 'tap'
import { judgeDone, judgeInterrupted, judgeSettled } from './judge.ts'
import { PACKAGES } from './packages.ts'
import { type Entry, filterTree, type Tree } from './tree.ts'

const file = (content: string): Entry => ({ kind: 'file', mode: 0o644, content })
const DIRECTORY: Entry = { kind: 'directory', mode: 0o755 }

function node(version: string, previous?: string): Tree {
  const tree = new Map<string, Entry>([['root', DIRECTORY]])
  const generation = (name: string, extension: string) => {
    tree.set(`root/active${extension}`, DIRECTORY)
    tree.set(`root/active${extension}/base`, { kind: 'link', target: `@NODE@/root/packages/base--${name}` })
    tree.set(`root/environment${extension}`, file(`BASE=${name}`))
  }
  generation(version, '')
  if (previous) generation(previous, '.old')
  tree.set('root/dcos-base.service', file(version))
  tree.set('root/packages', DIRECTORY)
  for (const [path, entry] of PACKAGES.get('base--1')!) tree.set(`root/packages/base--1/${path}`, entry)
  tree.set('root/packages/base--1', DIRECTORY)
  return tree
}

const ends = { old: node('1'), new: node('2', '1') }
const changed = (tree: Tree, path: string, entry: Entry) => new Map([...tree, [path, entry]])

t.test('whole states', async t => {
  t.strictSame(judgeInterrupted(ends.old, ends), [])
  t.strictSame(
    judgeInterrupted(
      changed(
        filterTree(ends.old, path => path !== 'root/environment'),
        'root/install_progress',
        file('{}'),
      ),
      ends,
    ),
    [],
    'half way under a journal',
  )
  t.strictSame(judgeSettled(ends.old, ends, false), [])
  t.strictSame(judgeDone(ends.new, ends), [])
})

const damages: readonly [what: string, found: Tree, trouble: RegExp][] = [
  ['the old set, where the new one must be', ends.old, /not the new one/],
  [
    'a link of the old set in the new one',
    changed(ends.new, 'root/active/base', ends.old.get('root/active/base')!),
    /not the new one/,
  ],
  ['a unit of the old set', changed(ends.new, 'root/dcos-base.service', file('1')), /not the new one/],
  ['a name that is away', filterTree(ends.new, path => path !== 'root/environment'), /not the new one/],
  ['a staged name', changed(ends.new, 'root/bin.new', DIRECTORY), /left behind: root\/bin.new/],
  ['a journal', changed(ends.new, 'root/install_progress', file('{}')), /left behind/],
  ['a download', changed(ends.new, 'root/packages/.tmp-1', file('x')), /left behind/],
  ['half a package', filterTree(ends.new, path => path !== 'root/packages/base--1/bin/base'), /base--1 is not whole/],
  [
    'a package that is gone',
    filterTree(ends.new, path => !path.startsWith('root/packages/base--1')),
    /packages are lost/,
  ],
  ['half of the generation before', filterTree(ends.new, path => path !== 'root/environment.old'), /generation before/],
]

for (const [what, found, trouble] of damages) {
  t.test(what, async t => {
    t.match(judgeDone(found, ends).join('\n'), trouble)
  })
}

t.test('half a set without a journal', async t => {
  const half = filterTree(ends.old, path => path !== 'root/environment')
  t.match(judgeInterrupted(half, ends), [/no swap is under way, but the set is neither/])
})

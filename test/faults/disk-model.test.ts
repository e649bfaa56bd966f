/** The model of a disk: what may be lost of short histories, and histories read from traces. */
import t from 'tap'
import { readHistory } from './disk-history.ts'
import { statesAfter } from './disk-model.ts'
import type { Call } from './trace-line.ts'
import { type Entry, formatTree, type Tree } from './tree.ts'

const START: Tree = new Map<string, Entry>([
  ['d', { kind: 'directory', mode: 0o755 }],
  ['d/f', { kind: 'file', mode: 0o644, content: 'old' }],
])

/** `rename /n/d/t /n/d/f` and the like, on a node in /n. */
function call(line: string, data = ''): Call {
  const [name = '', ...paths] = line.split(' ')
  const text = name === 'openat' ? 'O_WRONLY|O_CREAT, 0644' : ', 0777'
  return { thread: 0, name, paths, data, text, injected: false, fatal: false }
}

function states(...calls: Call[]): string[] {
  const { origin, events } = readHistory(START, calls, '/n')
  const found = [...statesAfter(origin, events)].map(({ state }) => formatTree(state).join('; '))
  return [...new Set(found)].sort()
}

const OLD = 'd/ 755; d/f 644 "old"'
const NEW = 'd/ 755; d/f 644 "new"'
const BOTH = `${OLD}; d/t 644 "new"`
const NO_CONTENT = `${OLD}; d/t 644 ""`

const WRITE = [call('openat /n/d/t'), call('write /n/d/t', 'new')]
const SYNC = call('fsync /n/d/t')
const REPLACE = call('rename /n/d/t /n/d/f')

const cases: readonly [what: string, calls: Call[], want: string[]][] = [
  ['a new file, nothing synced: not there, or without its content', WRITE, [OLD, NO_CONTENT]],
  [
    'replaced without a sync: also no content at all under the old name',
    [...WRITE, REPLACE],
    [OLD, NO_CONTENT, BOTH, 'd/ 755; d/f 644 ""'],
  ],
  ['replaced, the file synced: the old content or the new', [...WRITE, SYNC, REPLACE], [OLD, BOTH, NEW]],
  ['and the directory synced: the new', [...WRITE, SYNC, REPLACE, call('fsync /n/d')], [NEW]],
  [
    'a new directory whose own names are synced: lost when its parent is not',
    [call('mkdir /n/d/e'), call('openat /n/d/e/x'), call('fsync /n/d/e')],
    [OLD, 'd/ 755; d/e/ 755; d/e/x 644 ""; d/f 644 "old"'],
  ],
  [
    'a rename is one change, whichever of its two directories is synced',
    [call('mkdir /n/e'), call('fsync /n'), call('rename /n/d/f /n/e/f'), call('fsync /n/d')],
    ['d/ 755; e/ 755; e/f 644 "old"'],
  ],
  [
    'what is moved into a directory that nobody synced may go with it',
    [call('mkdir /n/e'), call('rename /n/d/f /n/e/f'), call('fsync /n/d')],
    ['d/ 755', 'd/ 755; e/ 755; e/f 644 "old"'],
  ],
  ['removed, not synced: there or not', [call('unlink /n/d/f')], ['d/ 755', OLD]],
]

for (const [what, calls, want] of cases) {
  t.test(what, async t => {
    t.strictSame(states(...calls), [...want].sort())
  })
}

t.test('a call that the model does not know, or a file that nobody made', async t => {
  t.throws(() => readHistory(START, [call('truncate /n/d/f')], '/n'), /does not know truncate/)
  t.throws(() => readHistory(START, [call('fsync /n/d/nothing')], '/n'), /is not there/)
})

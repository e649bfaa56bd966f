/** Points of a run, and how strace is aimed at them. */
import t from 'tap'
import { correctedNumber } from './aim.ts'
import { findPoints, injection } from './points.ts'
import type { Call } from './trace-line.ts'

const RANDOM = '/n/p/.tmp-0123456789abcdef'
const call = (thread: number, name: string, paths: string[], text = ''): Call => ({
  ...{ thread, name, paths, text, data: '', injected: false, fatal: false },
})
const rename = (from: string, to: string) => call(1, 'rename', [from, to])

t.test('what changes the node is a point; the rest is counted only', async t => {
  const points = findPoints(
    [
      call(1, 'write', ['/dev/null']),
      call(1, 'write', ['/n/a']),
      call(1, 'openat', ['/n/a'], 'O_RDONLY'),
      { ...call(1, 'mkdir', ['/n/a']), error: 'EEXIST' },
      rename('/n/a', '/n/b'),
      rename(RANDOM, '/n/p/x--1'),
      call(2, 'fsync', [RANDOM]),
      call(1, 'fsync', ['/n']),
      call(1, 'fsync', ['/n/p']),
      call(2, 'fsync', [RANDOM]),
      call(1, 'unlinkat', ['/n/d/x'], '7</n/d>, "x", 0'),
    ],
    '/n',
    1,
  )
  t.match(points, [
    { name: 'write', kind: 'write', path: 'a', number: 1, ordinal: 2 },
    { kind: 'read', path: 'a' },
    { kind: 'rename', path: 'a', number: 1, what: 'rename a b' },
    { kind: 'rename', path: undefined, number: 2, what: 'rename p/.tmp-R p/x--1' },
    { kind: 'sync', isMain: false, isHidden: false, number: 1 },
    { kind: 'sync', path: 'p', number: 1 },
    { kind: 'sync', isMain: false, isHidden: true, number: 2 },
    { kind: 'remove', path: 'd', what: 'unlinkat d/x' },
  ])
  t.strictSame(injection(points[0]!, '/m', 'signal=KILL'), ['--trace-path=/m/a', '--inject=write:signal=KILL:when=1'])
  t.strictSame(injection(points[3]!, '/m', 'error=EIO'), ['--inject=rename:error=EIO:when=2'])
})

t.test('a number that has shifted is corrected by the last call that both runs have', async t => {
  const target = rename(RANDOM, '/n/p/x--1')
  const points = findPoints([rename('/n/a', '/n/b'), target], '/n', 1)
  const seen = findPoints([rename('/n/more', '/n/c'), rename('/n/a', '/n/b')], '/n', 1)
  t.equal(correctedNumber(points[1]!, points, seen), 3)
  t.equal(correctedNumber(points[1]!, points, []), 2, 'nothing is known')
  t.equal(correctedNumber(points[0]!, points, seen), 1, 'a known path is met by itself')
})

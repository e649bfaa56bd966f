import t from 'tap'
import { TapReader } from './tap-reader.ts'

const read = (text: string) => {
  const reader = new TapReader()
  const files = text.split('\n').flatMap(line => reader.line(line) ?? [])
  return { ...reader.counts, files, failures: reader.failures }
}

const cases = [
  { what: 'nothing', given: 'TAP version 14\n1..0', passed: 0, failed: 0, skipped: 0 },
  { what: 'bare points', given: 'ok 1 - a\nnot ok 2 - b\nok 3', passed: 2, failed: 1, skipped: 0 },
  {
    what: 'a subtest counts its leaves, not itself',
    given: '# Subtest: a\n    ok 1 - x\n    ok 2 - y\n    1..2\nok 1 - a # time=1ms',
    passed: 2,
    failed: 0,
    skipped: 0,
  },
  {
    what: 'a failed leaf is one failure, not one a level',
    given: '# Subtest: a\n    # Subtest: b\n        not ok 1 - x\n    not ok 1 - b\nnot ok 1 - a',
    passed: 0,
    failed: 1,
    skipped: 0,
  },
  {
    what: 'a subtest that failed on its own counts',
    given: '# Subtest: a\n    ok 1 - x\n    1..2\nnot ok 1 - a',
    passed: 1,
    failed: 1,
    skipped: 0,
  },
  {
    what: 'a file that crashed before its first point',
    given: 'not ok 1 - a.test.ts',
    passed: 0,
    failed: 1,
    skipped: 0,
  },
  { what: 'a skip', given: '# Subtest: a\n    ok 1 - x # SKIP no root\nok 1 - a', passed: 0, failed: 0, skipped: 1 },
  { what: 'a skipped file', given: 'ok 1 - a.test.ts # SKIP no root', passed: 0, failed: 0, skipped: 1 },
  { what: 'bail out', given: 'Bail out! no bed', passed: 0, failed: 1, skipped: 0 },
  {
    what: 'siblings after a subtest are leaves again',
    given: '# Subtest: a\n    ok 1 - x\nok 1 - a\nok 2 - plain',
    passed: 2,
    failed: 0,
    skipped: 0,
  },
  {
    what: 'a buffered subtest',
    given: 'ok 1 - a # time=1ms {\n    ok 1 - x\n    ok 2 - y\n    1..2\n}\n\nok 2 - plain',
    passed: 3,
    failed: 0,
    skipped: 0,
  },
  {
    what: 'lines of a diagnostic are no points',
    given: 'not ok 1 - a\n  ---\n  found: |\n    ok 1 - not a point\n  ...\nok 2 - b',
    passed: 1,
    failed: 1,
    skipped: 0,
  },
]

for (const { what, given, ...counts } of cases) {
  t.test(`TAP 14: ${what}`, async t => t.match(read(given), counts))
}

t.test('a failure has its path and its diagnostic', async t => {
  const { failures } = read(
    '# Subtest: f.test.ts\n    # Subtest: b\n        not ok 1 - x\n          ---\n          code: E\n          ...\n    not ok 1 - b\nnot ok 1 - f.test.ts',
  )
  t.same(failures, [{ path: ['f.test.ts', 'b', 'x'], diagnostic: ['          code: E'] }])
})

t.test('a finished file is reported once, with its time', async t => {
  const { files } = read(
    '# Subtest: a.test.ts\n    ok 1 - x # time=3ms\nok 1 - a.test.ts # time=258.2ms\nnot ok 2 - b.test.ts',
  )
  t.same(files, [
    { name: 'a.test.ts', ok: true, took: '258.2ms' },
    { name: 'b.test.ts', ok: false, took: '' },
  ])
})

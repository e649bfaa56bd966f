/** The line of downloads on a terminal: when it is drawn, what it says, how it ends. The clock is driven. */
import t from 'tap'
import { drawProgress, formatProgress } from '../../../pkgpanda/command-line/progress.ts'

const MB = 1_000_000

function terminal(columns = 80) {
  const drawn: string[] = []
  let nowMs = 5_000
  const progress = drawProgress({ columns, write: text => void drawn.push(text), now: () => nowMs })
  return {
    drawn,
    at(ms: number, what: string, received: number, total?: number) {
      nowMs = 5_000 + ms
      progress(what, received, total)
    },
  }
}

t.test('what it says', async t => {
  const track = (received: number, total?: number) => ({ received, total })
  for (const { what, tracks, wanted } of [
    {
      what: 'one file',
      tracks: { 'Fetching: a--1': track(12.3 * MB, 24.6 * MB) },
      wanted: 'Fetching: a--1  [############------------] 50 %  12.3 of 24.6 MB  8.2 MB/s',
    },
    { what: 'how long it is, is not known', tracks: { a: track(1.25 * MB) }, wanted: 'a  1.3 MB  8.2 MB/s' },
    { what: 'nothing yet', tracks: { a: track(0, MB) }, wanted: `a  [${'-'.repeat(24)}] 0 %  0.0 of 1.0 MB  8.2 MB/s` },
    { what: 'an empty file', tracks: { a: track(0, 0) }, wanted: 'a  0.0 MB  8.2 MB/s' },
    {
      what: 'more than was promised',
      tracks: { a: track(2 * MB, MB) },
      wanted: `a  [${'#'.repeat(24)}] 100 %  2.0 of 1.0 MB  8.2 MB/s`,
    },
    {
      what: 'several files',
      tracks: { a: track(MB, 2 * MB), b: track(0, 2 * MB), c: track(2 * MB, 4 * MB) },
      wanted: `a and 2 more  [${'#'.repeat(9)}${'-'.repeat(15)}] 37 %  3.0 of 8.0 MB  8.2 MB/s`,
    },
    {
      what: 'several, one of them of unknown length',
      tracks: { a: track(MB, 2 * MB), b: track(MB) },
      wanted: 'a and 1 more  2.0 MB  8.2 MB/s',
    },
    { what: 'almost whole is not whole', tracks: { a: track(999, 1000) }, wanted: /99 %/ },
  ]) {
    const line = formatProgress(new Map(Object.entries(tracks)), 8.2 * MB)
    if (typeof wanted === 'string') t.equal(line, wanted, what)
    else t.match(line, wanted, what)
  }
})

t.test('drawn at once, then at most ten times a second, and at the end', async t => {
  const { drawn, at } = terminal()
  at(0, 'a', 0, 10 * MB)
  at(50, 'a', MB, 10 * MB)
  at(99, 'a', 2 * MB, 10 * MB)
  t.equal(drawn.length, 1)
  at(100, 'a', 3 * MB, 10 * MB)
  t.equal(drawn.length, 2)
  t.match(drawn[1], /^\r\u001b\[Ka {2}\[#######-{17}\] 30 % {2}3\.0 of 10\.0 MB {2}30\.0 MB\/s$/)
  at(101, 'a', 10 * MB, 10 * MB)
  t.equal(drawn.at(-1), '\r\u001b[Ka', 'the name stays, for `Fetched: ID` to be written over')
})

t.test('several files: the line goes on until the last is whole', async t => {
  const { drawn, at } = terminal()
  at(0, 'a', 0, MB)
  at(200, 'b', 0, MB)
  at(400, 'a', MB, MB)
  t.match(drawn.at(-1), /\u001b\[Kb {2}\[/, 'a is off the line')
  at(600, 'b', MB, MB)
  t.equal(drawn.at(-1), '\r\u001b[Kb')
})

t.test('a download that begins anew is not counted backwards', async t => {
  const { drawn, at } = terminal()
  at(0, 'a', 0, 10 * MB)
  at(1_000, 'a', 4 * MB, 10 * MB)
  at(2_000, 'a', 0, 10 * MB)
  at(4_000, 'a', 4 * MB, 10 * MB)
  t.match(drawn.at(-1), /4\.0 of 10\.0 MB {2}2\.0 MB\/s$/)
})

t.test('a narrow terminal: never a second line', async t => {
  for (const columns of [80, 40, 10, 2]) {
    const { drawn, at } = terminal(columns)
    at(0, 'Fetching: dcos-with-a-long-name--0123456789', 5 * MB, 10 * MB)
    at(500, 'Fetching: dcos-with-a-long-name--0123456789', 6 * MB)
    for (const line of drawn) {
      const visible = line.replace('\r\u001b[K', '')
      t.ok(visible.length < columns && !visible.includes('\n'), `${visible.length} of ${columns} columns`)
    }
  }
})

// Bytes → lines with their places, and the way back (log 7.1, 7.2).
import fc from 'fast-check'
import t from 'tap'
import { createBackwardSearch, createLineSplitter, LINE_MAX_BYTES } from '../../../src/log/v2/lines.ts'

const shown = (lines: readonly { start: number; bytes: Buffer }[]) =>
  lines.map(({ start, bytes }) => [start, String(bytes)])

t.test('lines that are not blank, wherever the pieces end', async t => {
  const text = 'one\n\ntwo\nthree'
  for (let size = 1; size <= text.length; size++) {
    const splitter = createLineSplitter(100)
    const lines = []
    for (let at = 0; at < text.length; at += size) lines.push(...splitter.push(Buffer.from(text.slice(at, at + size))))
    t.same(shown(lines), [
      [100, 'one'],
      [105, 'two'],
    ])
    t.equal(splitter.offset, 100 + text.length)
    t.same(shown(splitter.rest()), [[109, 'three']])
    t.same(splitter.rest(), [])
  }
})

t.test('a line that is too long comes in several, none of which ends within a character', async t => {
  const text = `a${'€'.repeat(LINE_MAX_BYTES)}\nshort\n`
  const bytes = Buffer.from(text)
  const splitter = createLineSplitter(0)
  const lines = []
  for (let at = 0; at < bytes.length; at += 65_536) lines.push(...splitter.push(bytes.subarray(at, at + 65_536)))
  t.equal(String(lines.at(-1)?.bytes), 'short')
  t.equal(Buffer.concat(lines.slice(0, -1).map(each => each.bytes)).toString(), text.split('\n')[0])
  for (const { bytes } of lines) {
    t.ok(bytes.length <= LINE_MAX_BYTES)
    t.notMatch(bytes.toString(), /\ufffd/)
  }
  let end = 0
  for (const { start, bytes } of lines.slice(0, -1)) {
    t.equal(start, end)
    end += bytes.length
  }
})

t.test('a long line that is no text is cut, too', async t => {
  const splitter = createLineSplitter(0)
  const lines = splitter.push(Buffer.alloc(3 * LINE_MAX_BYTES, 0x80))
  t.ok(lines.length >= 3)
  t.equal(
    lines.reduce((sum, { bytes }) => sum + bytes.length, 0),
    3 * LINE_MAX_BYTES,
  )
})

t.test('as many lines back as a plain split counts, wherever the pieces end (seeded)', async t => {
  const file = fc
    .array(fc.constantFrom('\n', 'a', 'bb', '€'), { maxLength: 40 })
    .map(parts => Buffer.from(parts.join('')))
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(file, fc.integer({ min: 1, max: 10 }), fc.integer({ min: 1, max: 7 }), (bytes, count, size) => {
        const wanted = bytes.toString().split('\n').filter(Boolean).slice(-count)
        const search = createBackwardSearch(count)
        let start = 0
        for (let end = bytes.length; end > 0; end -= size) {
          const from = Math.max(0, end - size)
          const found = search.push(bytes.subarray(from, end), from)
          if (found === undefined) continue
          start = found
          break
        }
        const splitter = createLineSplitter(start)
        const lines = [...splitter.push(bytes.subarray(start)), ...splitter.rest()]
        return JSON.stringify(lines.map(each => String(each.bytes))) === JSON.stringify(wanted)
      }),
      { numRuns: 2000, seed: 4 },
    ),
  )
})

/**
 * `npm run test:long -- journal-forms`: files made afresh by systemd 257 in each compression, regular and compact, and the reader's answers to
 * random queries over them beside those of its own journalctl. SEED=N makes others.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { agree } from '../shared/journal/file/differential.ts'
import { walkObjects } from '../shared/journal/file/walk-objects.ts'
import { binary, createRandom, madeUpEntries, type Random, writeJournal } from '../shared/journal/file/write-journal.ts'
import { debianTree } from '../support/debian-tree.ts'
import { noBed } from '../support/testbed/test-bed.ts'

const SEED = Number(process.env.SEED ?? 257)
const ENTRIES = 600
const QUERIES = 50

/** Flag of an object, and of the header. */
const COMPRESSIONS = { XZ: 1, LZ4: 2, ZSTD: 4 } as const
const FLAGS = { XZ: 1, LZ4: 2, keyedHash: 4, ZSTD: 8, compact: 16 } as const

const forms = (['XZ', 'LZ4', 'ZSTD'] as const).flatMap(compression => [
  { compression, compact: false },
  { compression, compact: true },
])

t.setTimeout(600_000)

t.test('files of systemd 257 and its journalctl', { skip: noBed() }, async t => {
  const bin = t.testdir()
  const journalctl = join(bin, 'journalctl')
  const tree = await debianTree('trixie', ['systemd-journal-remote', 'libgcrypt20'], join(bin, 'bed')).catch(
    (error: Error) => error,
  )
  const skip = tree instanceof Error && `its packages cannot be had: ${tree.message.split('\n', 1)}`
  if (tree instanceof Error) t.comment(tree.message)
  if (!skip) writeFileSync(journalctl, `#!/bin/sh\nexec '${tree}' usr/bin/journalctl "$@"\n`, { mode: 0o755 })

  /** Written to `path`, which must have the form and objects of that compression. */
  const write = (path: string, entries: readonly Buffer[], { compression, compact }: (typeof forms)[number]) => {
    const program = [String(tree), 'usr/lib/systemd/systemd-journal-remote']
    writeJournal(path, Buffer.concat(entries), { compact, keyedHash: true, compressed: true, compression }, program)
    const bytes = readFileSync(path)
    const compressed = walkObjects(bytes).filter(({ flags }) => flags === COMPRESSIONS[compression])
    return { flags: bytes.readUInt32LE(12), compressed: compressed.length }
  }

  for (const [i, form] of forms.entries()) {
    const { compression, compact } = form
    await t.test(`${compression}, ${compact ? 'compact' : 'regular'}`, { skip }, async t => {
      const directory = t.testdir()
      const random = createRandom(SEED + i)
      const entries = madeUpEntries(random, ENTRIES).map(entry => withLarge(random, entry))
      const { flags, compressed } = write(join(directory, 'system.journal'), entries, form)
      t.equal(flags, FLAGS[compression] | FLAGS.keyedHash | (compact ? FLAGS.compact : 0), 'it has that form')
      t.ok(compressed > 20, `${compressed} compressed objects`)
      await agree(t, directory, random, QUERIES, journalctl)
    })
  }

  await t.test('one file of each as one journal', { skip }, async t => {
    const directory = t.testdir()
    const random = createRandom(SEED + forms.length)
    const parts: Buffer[][] = forms.map(() => [])
    // Of entries of one time in several files journalctl may begin with another than the cursor's own.
    for (const entry of madeUpEntries(random, ENTRIES, false))
      parts[random(parts.length)]!.push(withLarge(random, entry))
    for (const [i, form] of forms.entries()) write(join(directory, `writer-${i}.journal`), parts[i]!, form)
    await agree(t, directory, random, QUERIES, journalctl)
  })
})

/** Now and then with values that other entries have too, or that are large: of few kinds of bytes, or of all. */
function withLarge(random: Random, entry: Buffer): Buffer {
  const lengthBytes = 600 + random([2_000, 20_000, 200_000][random(3)]!)
  const pattern = Buffer.from([0, 10, random(256), 255])
  const values = [
    Buffer.alloc(lengthBytes, pattern),
    Buffer.alloc(lengthBytes, `value ${random(3)} that is long `),
    Buffer.from(Array.from({ length: 3_000 }, () => random(256))),
    Buffer.alloc(5_000, 'of many entries '),
  ]
  const parts = [entry.subarray(0, -1)]
  for (const value of values) if (random(30) === 0) parts.push(binary('LARGE', value))
  return Buffer.concat([...parts, Buffer.from('\n')])
}

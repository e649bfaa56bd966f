// The reader of journal files against journalctl: seeded random queries over the recorded journal and over files in every form.
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { journalctlMissing } from '../journalctl-missing.ts'
import { readMadeJournal, writeRecordedJournal } from '../reader-suite.ts'
import { agree } from './differential.ts'
import { createRandom, type JournalForm, journalRemoteMissing, madeUpEntries, writeJournal } from './write-journal.ts'

const SEED = Number(process.env.SEED ?? 20170401)
/** Of files with values of 1 MiB, over which journalctl takes its time. */
const QUERIES_OF_LONG = 10

const skip = journalctlMissing() || journalRemoteMissing()

/** Incompatible flags of the header; compression is announced even by a file that has none. */
const FLAGS = { keyedHash: 4, zstd: 8, compact: 16 }

/** Compatible, so to be passed over by who does not know it. */
const SEALED = 1
const TAIL_ENTRY_BOOT_ID = 2
const SEALED_CONTINUOUS = 4

const forms: JournalForm[] = [
  { compact: true, keyedHash: true, compressed: true },
  { compact: false, keyedHash: false, compressed: true },
  { compact: false, keyedHash: true, compressed: false },
]

// journalctl is slow, above all while other tests run.
t.setTimeout(300_000)

t.test('the recorded journal', { skip }, async t => {
  const directory = t.testdir()
  writeRecordedJournal(directory)
  await agree(t, directory, createRandom(SEED))
})

for (const [i, form] of forms.entries()) {
  const name = Object.entries(form).flat().join(' ')
  t.test(`a file with ${name}`, { skip }, async t => {
    const directory = t.testdir()
    const random = createRandom(SEED + i)
    writeJournal(join(directory, 'system.journal'), Buffer.concat(madeUpEntries(random, 900)), form)
    const flags = (form.compact ? FLAGS.compact : 0) | (form.keyedHash ? FLAGS.keyedHash : 0)
    const found = readFileSync(join(directory, 'system.journal')).readUInt32LE(12)
    t.equal(found & ~FLAGS.zstd, flags, 'it has that form')
    await agree(t, directory, random)
  })
}

/** Written by systemd 257 in each compression, and one with tags between the entries (test/fixtures/journal/make.sh). */
for (const name of ['xz', 'xz-compact', 'lz4', 'lz4-compact', 'zstd', 'zstd-compact', 'sealed']) {
  t.test(`a file of systemd 257: ${name}`, { skip }, async t => {
    const directory = t.testdir()
    const bytes = readMadeJournal(name)
    const wanted = name === 'sealed' ? TAIL_ENTRY_BOOT_ID | SEALED | SEALED_CONTINUOUS : TAIL_ENTRY_BOOT_ID
    t.equal(bytes.readUInt32LE(8), wanted, 'it has compatible flags that 252 does not know')
    writeFileSync(join(directory, 'system.journal'), bytes)
    await agree(t, directory, createRandom(SEED), QUERIES_OF_LONG)
  })
}

t.test('several files: interleaved writers in different forms, and one of them twice', { skip }, async t => {
  const directory = t.testdir()
  const random = createRandom(SEED + 100)
  const parts: Buffer[][] = [[], [], []]
  // Of entries of one time in several files journalctl may begin with another than the cursor's own, which here would count as a difference.
  for (const entry of madeUpEntries(random, 900, false)) parts[random(3)]!.push(entry)
  const machine = join(directory, '3'.repeat(32))
  mkdirSync(machine)
  for (const [i, part] of parts.entries())
    writeJournal(join(i === 0 ? directory : machine, `writer-${i}.journal`), Buffer.concat(part), forms[i]!)
  copyFileSync(join(directory, 'writer-0.journal'), join(machine, 'copy.journal'))
  await agree(t, directory, random)
})

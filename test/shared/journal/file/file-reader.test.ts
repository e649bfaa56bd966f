// What reading costs: the matches that there are, not the journal in which they are (counted, since clocks lie).
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { createDataCache } from '../../../../src/shared/journal/file/data-cache.ts'
import { createFileReader } from '../../../../src/shared/journal/file/file-reader.ts'
import type { FileSet } from '../../../../src/shared/journal/file/file-set.ts'
import { openJournalFile } from '../../../../src/shared/journal/file/journal-file.ts'
import { descriptorSource } from '../../../../src/shared/journal/file/source.ts'
import type { MatchClause } from '../../../../src/shared/journal/matches.ts'
import { all } from '../reader-suite.ts'
import { countWork } from './counted-work.ts'
import { createRandom, journalRemoteMissing, madeUpEntries, writeJournal } from './write-journal.ts'

const ENTRIES = 12_000

t.test('a filter costs what it finds', { skip: journalRemoteMissing() }, async t => {
  const path = join(t.testdir(), 'system.journal')
  const form = { compact: true, keyedHash: true, compressed: true }
  writeJournal(path, Buffer.concat(madeUpEntries(createRandom(11), ENTRIES)), form)
  const fd = openSync(path, 'r')
  t.teardown(() => closeSync(fd))

  /** Of a reader that knows nothing of the file yet. */
  async function costOf(matches: MatchClause[]) {
    const { work, source, pages } = countWork(descriptorSource(fd))
    const corrupt = () => t.fail('nothing is broken')
    const file = openJournalFile(source, pages, createDataCache(), { corrupt, cut: () => t.fail('nothing is cut') })
    const files: FileSet = {
      taken: 0,
      refresh: () => ({ files: [file], whole: true, newest: new Map(), unsupported: undefined, release() {} }),
      watch: () => ({ changed: async () => {}, close() {} }),
      corrupt,
    }
    await using reader = createFileReader(files, matches, new AbortController().signal, () => {})
    return { found: (await all(reader, 'forwards', 0n, false)).length, ...work }
  }
  const clause = (field: string, value: string): MatchClause => [{ field, value: Buffer.from(value) }]

  const whole = await costOf([])
  t.equal(whole.found, ENTRIES)
  const one = await costOf([clause('MESSAGE', 'entry 7777')])
  t.equal(one.found, 1)
  t.ok(one.steps < 100 && one.bytesRead < whole.bytesRead / 5, `${JSON.stringify(one)} of ${JSON.stringify(whole)}`)
  const seldom = await costOf([clause('SELDOM', 'yes')])
  t.equal(seldom.found, Math.ceil((ENTRIES - 7) / 301))
  t.ok(seldom.steps < whole.steps / 50, `${JSON.stringify(seldom)} of ${JSON.stringify(whole)}`)
  const none = await costOf([clause('MESSAGE', 'nobody wrote this')])
  t.equal(none.found, 0)
  t.ok(none.steps < 20, JSON.stringify(none))
  const rarer = await costOf([clause('SELDOM', 'yes'), clause('MESSAGE', `entry ${7 + 301 * 3}`)])
  t.equal(rarer.found, 1)
  t.ok(rarer.steps < seldom.steps, `${JSON.stringify(rarer)}: the rarer of the two decides`)
})

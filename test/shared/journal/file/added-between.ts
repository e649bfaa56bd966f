// A follower whose place was taken before there was anything for him, and who begins only when there is.
import { join } from 'node:path'
import type { Test } from 'tap'
import { openJournalFiles } from '../../../../src/shared/journal/file/open.ts'
import type { Journal } from '../../../../src/shared/journal/reader.ts'
import { messages } from '../reader-suite.ts'
import { createRandom, madeUpEntries, writeJournal } from './write-journal.ts'

const FORM = { compact: true, keyedHash: true, compressed: false }

/** The messages that he gets, of `entry 2` and `entry 3`, which alone he wants and which came between. */
export async function addedBetween(t: Test, journalOf: (journal: Journal) => Journal): Promise<string[]> {
  const directory = t.testdir()
  const entries = madeUpEntries(createRandom(9), 4, false)
  const wanted = entries.slice(2).map(entry => Buffer.concat([Buffer.from('WANTED=yes\n'), entry]))
  writeJournal(join(directory, 'system.journal'), Buffer.concat(entries.slice(0, 2)), FORM)
  const journal = journalOf(openJournalFiles({ directory }))
  await using reader = await journal.open(
    [[{ field: 'WANTED', value: Buffer.from('yes') }]],
    new AbortController().signal,
  )
  reader.seekTail()
  t.equal(await reader.previous(3n), 0n)
  writeJournal(join(directory, 'user-1.journal'), Buffer.concat(wanted), FORM)
  // All there is by now comes with the first look.
  for await (const { entries } of reader.follow(false)) return messages(entries)
  return []
}

/** `log-read.ts DIRECTORY`: what a program does that takes every entry of a journal, its cursor too. Prints how many there were. */
import { openJournalFiles } from '../../src/shared/journal/file/open.ts'

const [directory = ''] = process.argv.slice(2)
const { signal } = new AbortController()
await using reader = await openJournalFiles({ directory }).open([], signal)
let entries = 0
let sizeBytes = 0
for await (const batch of reader.entries('forwards', 0n, false)) {
  entries += batch.length
  for (const { cursor, fields } of batch) {
    sizeBytes += cursor.length
    for (const { value } of fields) sizeBytes += value.length
  }
}
process.stdout.write(`${entries} entries, ${sizeBytes} bytes\n`)

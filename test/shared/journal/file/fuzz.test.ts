// Mutated journal files must cost their broken part and nothing else. test/long reads many more.
import t from 'tap'
import { fuzz } from './fuzz.ts'

t.test('2,000 mutated files: no crash, no hang, no read beyond the file', async t => {
  const { opened, entries, corrupt, bytesReadMax, stepsMax } = await fuzz(2_000, 1)
  t.ok(opened > 500, `${opened} could be opened`)
  t.ok(entries > 0 && corrupt > 0)
  t.comment(
    `${opened} opened, ${entries} entries, ${corrupt} broken parts, at most ${bytesReadMax} bytes read in ${stepsMax} steps`,
  )
})

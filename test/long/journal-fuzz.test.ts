// 100,000 mutated journal files through the reader; the 2,000 of every `npm test` are others. SEED=N reads others again.
import t from 'tap'
import { fuzz } from '../shared/journal/file/fuzz.ts'

const COUNT = 100_000

t.test('mutated journal files: no crash, no hang, no read beyond the file', async t => {
  const { opened, entries, corrupt, bytesReadMax, stepsMax } = await fuzz(COUNT, Number(process.env.SEED ?? 1_000_000))
  t.ok(opened > COUNT / 4, `${opened} could be opened`)
  t.comment(
    `${opened} opened, ${entries} entries, ${corrupt} broken parts, at most ${bytesReadMax} bytes read in ${stepsMax} steps`,
  )
})

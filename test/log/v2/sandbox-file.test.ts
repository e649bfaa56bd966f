// How far a request for the last lines goes back (log 7.1).
import t from 'tap'
import { BACK_MAX_BYTES, linesUpTo, type SandboxFile, startOffset } from '../../../src/log/v2/sandbox-file.ts'

t.test('no further back than the limit, and then from a whole line', async t => {
  const sizeBytes = BACK_MAX_BYTES + 1_000_000
  let read = 0
  // Lines of ten bytes, of which the limit cuts one.
  const file: SandboxFile = {
    size: async () => sizeBytes,
    async bytesAt(offset, lengthBytes) {
      read += lengthBytes
      const bytes = Buffer.alloc(lengthBytes, 'x')
      for (let at = (19 - (offset % 10)) % 10; at < lengthBytes; at += 10) bytes[at] = 10
      return bytes
    },
  }
  const start = await startOffset(file, { cursor: 'END', skip: -100_000_000, limit: 0 }, sizeBytes)
  t.equal(start % 10, 0, 'a line begins there')
  t.ok(start >= 1_000_000 && start <= 1_000_010)
  t.ok(read <= BACK_MAX_BYTES + BACK_MAX_BYTES / 16, { found: read })
})

t.test('of a piece full of short lines there are some thousand at once, none lost', async t => {
  const bytes = Buffer.alloc(200_000, 'a\n')
  const file: SandboxFile = {
    size: async () => bytes.length,
    bytesAt: async (offset, lengthBytes) => bytes.subarray(offset, offset + lengthBytes),
  }
  const lists: number[] = []
  for await (const lines of linesUpTo(file, 0, bytes.length)) lists.push(lines.length)
  t.ok(Math.max(...lists) <= 4096, `${lists}`)
  t.equal(
    lists.reduce((sum, count) => sum + count, 0),
    100_000,
  )
})

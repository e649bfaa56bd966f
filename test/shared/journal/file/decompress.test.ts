// Compressed payloads: what comes out, how much of it, and what is refused.

import { zstdCompressSync } from 'node:zlib'
import t from 'tap'
import { COMPRESSED, decompress } from '../../../../src/shared/journal/file/decompress.ts'
import { decodeLz4Block } from '../../../../src/shared/journal/file/lz4.ts'

const block = (...bytes: (number | string)[]) =>
  Buffer.concat(bytes.map(each => (typeof each === 'string' ? Buffer.from(each) : Buffer.of(each))))

const lz4: { what: string; given: Buffer; sizeBytes: number; limit?: number; text?: string; error?: RegExp }[] = [
  { what: 'literals alone', given: block(0x50, 'hello'), sizeBytes: 5, text: 'hello' },
  { what: 'a match', given: block(0x32, 'abc', 3, 0, 0x10, '!'), sizeBytes: 10, text: 'abcabcabc!' },
  {
    what: 'a match that overlaps itself',
    given: block(0x1f, 'a', 1, 0, 3, 0x10, '!'),
    sizeBytes: 24,
    text: `${'a'.repeat(23)}!`,
  },
  {
    what: 'a long run of literals',
    given: block(0xf0, 1, 'abcdefghijklmnop'),
    sizeBytes: 16,
    text: 'abcdefghijklmnop',
  },
  { what: 'the beginning of it', given: block(0x32, 'abc', 3, 0, 0x10, '!'), sizeBytes: 10, limit: 5, text: 'abcab' },
  { what: 'less than promised', given: block(0x50, 'hello'), sizeBytes: 6, error: /ends early/ },
  { what: 'literals that are not there', given: block(0xf0, 255, 255, 'x'), sizeBytes: 600, error: /ends early/ },
  {
    what: 'a match before the start',
    given: block(0x12, 'a', 2, 0, 0x10, '!'),
    sizeBytes: 10,
    error: /before its start/,
  },
  {
    what: 'a match at no distance',
    given: block(0x12, 'a', 0, 0, 0x10, '!'),
    sizeBytes: 10,
    error: /before its start/,
  },
  { what: 'nothing', given: Buffer.alloc(0), sizeBytes: 1, error: /ends early/ },
]

for (const { what, given, sizeBytes, limit = 1000, text, error } of lz4) {
  t.test(`LZ4: ${what}`, async t => {
    if (error) t.throws(() => decodeLz4Block(given, sizeBytes, limit), { message: error })
    else t.equal(decodeLz4Block(given, sizeBytes, limit).toString(), text)
  })
}

t.test('objects of each kind', async t => {
  const size = Buffer.alloc(8)
  size.writeBigUInt64LE(10n)
  t.equal(decompress(COMPRESSED.lz4, Buffer.concat([size, lz4[1]!.given]), 100).toString(), 'abcabcabc!')
  const text = 'MESSAGE=again and again and again and again'
  t.equal(decompress(COMPRESSED.zstd, zstdCompressSync(Buffer.from(text)), 100).toString(), text)
  t.throws(() => decompress(COMPRESSED.zstd, zstdCompressSync(Buffer.alloc(200_000)), 1000), { name: 'TooLarge' })
  t.throws(() => decompress(COMPRESSED.zstd, Buffer.from('no frame'), 1000), { name: 'CorruptPart' })
  t.throws(() => decompress(COMPRESSED.lz4, Buffer.alloc(4), 1000), { name: 'CorruptPart' })
  t.throws(
    () => decompress(COMPRESSED.lz4, Buffer.alloc(9, 255), 1000),
    { name: 'CorruptPart' },
    'a size beyond all bounds',
  )
  t.throws(() => decompress(COMPRESSED.xz, Buffer.alloc(9), 1000), { name: 'CorruptPart' })
  t.throws(() => decompress(COMPRESSED.xz | COMPRESSED.lz4, Buffer.alloc(9), 1000), { name: 'CorruptPart' })
})

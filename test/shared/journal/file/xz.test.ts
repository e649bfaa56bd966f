// The XZ decoder against xz(1): what it makes of every kind of data, how much is put out, and what is refused.
import { spawnSync } from 'node:child_process'
import { crc32 } from 'node:zlib'
import t from 'tap'
import { decodeXz } from '../../../../src/shared/journal/file/xz.ts'
import { createRandom } from './write-journal.ts'

const MIB = 1024 * 1024
const SEED = Number(process.env.SEED ?? 20170401)

/** As journald's compress.c sets its encoder; then what it never sets. */
const JOURNALD = ['--check=none', '--lzma2=dict=1MiB,mode=fast,nice=128,mf=hc3,depth=4']
const settings = [
  JOURNALD,
  ['--check=crc32', '-9e'],
  ['--check=crc64', '--lzma2=preset=6,lc=0,lp=4,pb=0'],
  ['--check=sha256', '--lzma2=preset=1,lc=4,lp=0,pb=4'],
  ['--check=none', '--block-size=65536', '--lzma2=preset=3,lc=1,lp=3,pb=1'],
]

function xz(content: Buffer, options: readonly string[]): Buffer {
  const { stdout, status, stderr } = spawnSync('xz', ['--compress', '--stdout', '--threads=1', ...options], {
    input: content,
    maxBuffer: 64 * MIB,
  })
  if (status !== 0) throw new Error(`xz: ${status} ${stderr}`)
  return stdout
}

const skip = spawnSync('xz', ['--version']).status === 0 ? false : 'xz is not installed'

function noise(lengthBytes: number): Buffer {
  const random = createRandom(SEED)
  return Buffer.from(Array.from({ length: lengthBytes }, () => random(256)))
}

function words(lengthBytes: number): Buffer {
  const random = createRandom(SEED + 1)
  const known = Array.from({ length: 300 }, () => random(2 ** 30).toString(36))
  let text = ''
  while (text.length < lengthBytes) text += `${known[random(300)]} ${random(1000)}\n`
  return Buffer.from(text.slice(0, lengthBytes))
}

const contents = {
  nothing: Buffer.alloc(0),
  'one byte': Buffer.from('x'),
  'a run': Buffer.alloc(MIB, 'a'),
  'a run of two': Buffer.alloc(3 * MIB, 'ab'),
  'numbers of 32 bits': Buffer.from(Uint32Array.from({ length: 50_000 }, (_, i) => i * 7).buffer),
  noise: noise(200_000),
  'noise that comes again far behind': Buffer.concat([noise(150_000), words(70_000), noise(150_000)]),
  text: words(MIB),
  'text, noise, text': Buffer.concat([words(100_000), noise(100_000), words(100_000)]),
}

for (const [what, content] of Object.entries(contents)) {
  t.test(`XZ: ${what}`, { skip }, async t => {
    for (const options of settings) {
      const stream = xz(content, options)
      t.ok(decodeXz(stream, 64 * MIB).equals(content), options.join(' '))
      for (const limit of [0, 1, 777, content.length])
        t.ok(decodeXz(stream, limit).equals(content.subarray(0, limit)), `its first ${limit} bytes`)
    }
  })
}

/** A stream of one block with these chunks, as no encoder makes it. */
function stream(chunks: readonly number[], filter: readonly number[] = [0x21, 1, 0]): Buffer {
  const sum = (bytes: Buffer) => {
    const sums = Buffer.alloc(4)
    sums.writeUInt32LE(crc32(bytes))
    return Buffer.concat([bytes, sums])
  }
  const block = Buffer.from([2, 0, ...filter, 0, 0, 0])
  return Buffer.concat([
    Buffer.from('fd377a585a00', 'hex'),
    sum(Buffer.from([0, 0])),
    sum(block),
    Buffer.from(chunks),
    Buffer.alloc(8),
  ])
}

const COPY = [1, 0, 1, 97, 98]
const refused: { what: string; given: Buffer; error: RegExp }[] = [
  { what: 'nothing', given: Buffer.alloc(0), error: /begin as one/ },
  { what: 'another signature', given: Buffer.from('not an .xz stream at all'), error: /begin as one/ },
  { what: 'a header that is not what its check says', given: flipped(stream([...COPY, 0]), 7), error: /broken header/ },
  { what: 'a block header that is not', given: flipped(stream([...COPY, 0]), 16), error: /broken block header/ },
  { what: 'another filter', given: stream([...COPY, 0], [0x04, 1, 0]), error: /another filter/ },
  { what: 'a chunk that needs what was before the first', given: stream([2, 0, 1, 97, 98, 0]), error: /kind 2/ },
  { what: 'a kind of chunk there is not', given: stream([...COPY, 3, 0, 0, 0]), error: /kind 3/ },
  { what: 'LZMA without properties', given: stream([...COPY, 0x80, 0, 0, 0, 5]), error: /without properties/ },
  { what: 'properties there are not', given: stream([0xe0, 0, 0, 0, 5, 255]), error: /properties that LZMA2/ },
  { what: 'more literal bits than LZMA2 has', given: stream([0xe0, 0, 0, 0, 5, 8]), error: /properties that LZMA2/ },
  { what: 'a copy longer than the stream', given: stream([1, 255, 255, 97]), error: /ends early/ },
  { what: 'LZMA longer than the stream', given: stream([0xff, 255, 255, 255, 255, 93]), error: /ends early/ },
  { what: 'a chunk that does not begin with zero', given: stream([0xe0, 0, 9, 0, 5, 93, 1]), error: /a beginning/ },
  {
    what: 'a match before the start',
    given: stream([0xe0, 0, 9, 0, 9, 93, 0, 255, 255, 255, 255]),
    error: /its start/,
  },
]

function flipped(bytes: Buffer, at: number): Buffer {
  bytes[at]! ^= 1
  return bytes
}

for (const { what, given, error } of refused) {
  t.test(`XZ, refused: ${what}`, async t => {
    t.throws(() => decodeXz(given, 1000), { name: 'CorruptPart', message: error })
  })
}

t.test('chunks that are copied', async t => {
  t.equal(decodeXz(stream([...COPY, 2, 0, 0, 99, 0]), 1000).toString(), 'abc')
})

t.test('no more memory than is wanted, whatever a chunk promises', async t => {
  // A chunk of 2 MiB, which begins as zeros.
  const promising = stream([0xff, 255, 255, 0x0f, 255, 93, ...new Array<number>(4096).fill(0)])
  t.equal(decodeXz(promising, 100_000).buffer.byteLength, 100_000)
})

t.test('5,000 mutated streams: an error of its own or bytes within the limit, and an end', { skip }, async t => {
  const random = createRandom(SEED)
  const streams = Object.values(contents).map(content => xz(content.subarray(0, 20_000), JOURNALD))
  let broken = 0
  for (let i = 0; i < 5000; i++) {
    const bytes = Buffer.from(streams[random(streams.length)]!)
    for (let flips = 1 + random(3); flips > 0; flips--) bytes[24 + random(bytes.length - 24)]! ^= 1 << random(8)
    const cut = random(4) === 0 ? bytes.subarray(0, random(bytes.length)) : bytes
    const limit = random(30_000)
    try {
      if (decodeXz(cut, limit).length > limit) t.fail(`mutation ${i} is longer than its limit`)
    } catch (error) {
      if ((error as Error).name !== 'CorruptPart') throw error
      broken++
    }
  }
  t.ok(broken > 2000, `${broken} refused`)
})

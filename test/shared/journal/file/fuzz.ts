// Mutated journal files: bit flips, cut ends, loops in entry arrays, huge sizes. Shared by the short run of every `npm test` and the long one.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { parseCursor } from '../../../../src/shared/journal/cursor.ts'
import { CorruptPart } from '../../../../src/shared/journal/file/corrupt.ts'
import { createDataCache } from '../../../../src/shared/journal/file/data-cache.ts'
import { createFileReader } from '../../../../src/shared/journal/file/file-reader.ts'
import type { FileSet } from '../../../../src/shared/journal/file/file-set.ts'
import { UnsupportedFile } from '../../../../src/shared/journal/file/header.ts'
import { openJournalFile } from '../../../../src/shared/journal/file/journal-file.ts'
import { valuesOf } from '../../../../src/shared/journal/file/open.ts'
import { createPageCache } from '../../../../src/shared/journal/file/pages.ts'
import type { FileSource } from '../../../../src/shared/journal/file/source.ts'
import { OBJECT_TYPE, walkObjects } from './walk-objects.ts'
import { createRandom, type Random } from './write-journal.ts'

const FIXTURES = join(import.meta.dirname, '../../../fixtures')
const RECORDED = 'dcos-log/journal.journal.gz'
/** Of systemd 257, with objects in each compression, and with tags. */
const MADE = ['xz', 'xz-compact', 'lz4', 'lz4-compact', 'zstd', 'zstd-compact', 'sealed'].map(
  name => `journal/${name}.journal.gz`,
)
const forever = new AbortController().signal

export interface FuzzResult {
  /** Files that were read, at least in part. */
  opened: number
  entries: number
  corrupt: number
  /** The most bytes that reading one file took. */
  bytesReadMax: number
}

interface Sample {
  readonly bytes: Buffer
  /** Offsets of objects, by type. */
  readonly objects: readonly (readonly number[])[]
  readonly endBytes: number
  /** For cursors. */
  readonly seqnumId: string
}

/** Small, so that many mutations hit something that is read. */
function sample(name: string): Sample {
  const bytes = gunzipSync(readFileSync(join(FIXTURES, name)))
  const objects: number[][] = [[], [], [], [], [], [], [], []]
  let endBytes = 0
  for (const { offset, type, sizeBytes } of walkObjects(bytes)) {
    objects[type]!.push(offset)
    endBytes = (offset + sizeBytes + 7) & ~7
  }
  return { bytes, objects, endBytes, seqnumId: bytes.toString('hex', 72, 88) }
}

/** Changes some places of the file; how to change them back. */
function mutate(random: Random, { bytes, objects, endBytes }: Sample): () => void {
  const undo: (() => void)[] = []
  const change = (offset: number, lengthBytes: number, write: () => void) => {
    const before = Buffer.from(bytes.subarray(offset, offset + lengthBytes))
    undo.unshift(() => void before.copy(bytes, offset))
    write()
  }
  const pick = (list: readonly number[]) => list[random(list.length)]!
  const object = () => pick(objects[1 + random(objects[OBJECT_TYPE.tag]!.length > 0 ? 7 : 6)]!)
  /** A number that hurts: an object, the file's end, the beginning, nothing, all. */
  const number = () =>
    [
      BigInt(object()),
      BigInt(endBytes - 8 * random(4)),
      BigInt(random(400)),
      0n,
      (1n << 64n) - 1n,
      1n << 53n,
      BigInt(random(2 ** 31)),
    ][random(7)]!
  for (let i = 0, count = 1 + random(4); i < count; i++) {
    const kind = random(7)
    if (kind === 0) {
      // A number of the header.
      const at = 88 + 8 * random(15)
      change(at, 8, () => bytes.writeBigUInt64LE(number(), at))
    } else if (kind === 1) {
      // One of an object's first numbers: size, hash, links, counts.
      const at = object() + 8 * (1 + random(8))
      change(at, 8, () => bytes.writeBigUInt64LE(number(), at))
    } else if (kind === 2) {
      // Type and flags.
      const at = object()
      change(at, 2, () => bytes.writeUInt16LE(random(0x10000), at))
    } else if (kind === 3) {
      // An entry array that points to another, or to itself.
      const at = pick(objects[OBJECT_TYPE.entryArray]!) + 16
      change(at, 8, () => bytes.writeBigUInt64LE(BigInt(pick(objects[OBJECT_TYPE.entryArray]!)), at))
    } else if (kind === 4) {
      // Items of an array or an entry.
      const type = random(2) === 0 ? OBJECT_TYPE.entry : OBJECT_TYPE.entryArray
      const at = pick(objects[type]!) + (type === OBJECT_TYPE.entry ? 64 : 24) + 4 * random(16)
      change(at, 4, () => bytes.writeUInt32LE(Number(number() & 0xffffffffn), at))
    } else if (kind === 5) {
      const at = 8 + random(endBytes - 8)
      change(at, 1, () => void bytes.writeUInt8(bytes[at]! ^ (1 << random(8)), at))
    } else {
      const at = random(endBytes - 4096) & ~7
      const lengthBytes = 8 + random(4088)
      change(at, lengthBytes, () => bytes.fill(0, at, at + lengthBytes))
    }
  }
  return () => {
    for (const each of undo) each()
  }
}

/**
 * Reads `count` mutated files, each by one of the ways a client has. Rejects when one throws what is no fault of a file, reads beyond the
 * file, or takes more than `bytesMax` of reading, which is how work is bounded here, since clocks lie on a busy machine.
 */
export async function fuzz(count: number, seed: number, bytesMax = 64 * 1024 * 1024): Promise<FuzzResult> {
  const samples = [RECORDED, ...MADE].map(sample)
  const result: FuzzResult = { opened: 0, entries: 0, corrupt: 0, bytesReadMax: 0 }
  for (let i = 0; i < count; i++) {
    const random = createRandom(seed + i)
    const whole = samples[random(samples.length)]!
    const undo = mutate(random, whole)
    const sizeBytes = random(5) === 0 ? random(whole.endBytes) : whole.endBytes
    let bytesRead = 0
    const source: FileSource = {
      sizeBytes: () => sizeBytes,
      read(into, offset) {
        if (offset < 0 || !Number.isSafeInteger(offset)) throw new Error(`seed ${seed + i}: read at ${offset}`)
        const part = whole.bytes.subarray(Math.min(offset, sizeBytes), Math.min(offset + into.length, sizeBytes))
        into.set(part)
        bytesRead += into.length
        if (bytesRead > bytesMax) throw new Error(`seed ${seed + i}: more than ${bytesMax} bytes read`)
        return part.length
      },
      close() {},
    }
    try {
      await read(source, random, whole, result)
    } catch (error) {
      if (error instanceof Error && error.message.startsWith('seed')) throw error
      throw new Error(`seed ${seed + i}`, { cause: error })
    }
    result.bytesReadMax = Math.max(result.bytesReadMax, bytesRead)
    undo()
  }
  return result
}

async function read(source: FileSource, random: Random, { seqnumId }: Sample, result: FuzzResult): Promise<void> {
  let file: ReturnType<typeof openJournalFile>
  const corrupt = () => void result.corrupt++
  try {
    file = openJournalFile(source, createPageCache(64), createDataCache(), { corrupt, cut() {} })
  } catch (error) {
    if (error instanceof CorruptPart || error instanceof UnsupportedFile) return
    throw error
  }
  result.opened++
  const files: FileSet = {
    taken: 0,
    refresh: () => ({ files: [file], whole: true, newest: new Map(), unsupported: undefined, release() {} }),
    watch: () => ({ changed: async () => {}, close() {} }),
    corrupt,
  }
  const value = (text: string) => Buffer.from(text)
  const matches = [
    [],
    [[{ field: 'TESTSET', value: value('algebra') }]],
    [
      [
        { field: 'STREAM', value: value('STDOUT') },
        { field: 'STREAM', value: value('STDERR') },
      ],
      [{ field: 'PRIORITY', value: value('6') }],
    ],
  ][random(3)]!
  const reader = createFileReader(files, matches, forever, () => {})
  const start = random(4)
  if (start === 1) reader.seekTail()
  else if (start === 2)
    await reader.seekCursor(
      parseCursor(
        `s=${seqnumId};i=${(1 + random(2000)).toString(16)};b=2c357020b6e54863a5ac9dee71d5872c;m=2dc6c0;t=54a353109c800;x=1`,
      ),
    )
  else if (start === 3)
    await reader.seekCursor(
      parseCursor(
        `s=${'0'.repeat(32)};i=1;b=2c357020b6e54863a5ac9dee71d5872c;m=${random(2 ** 28).toString(16)};t=54a353109c800;x=1`,
      ),
    )
  if (random(3) === 0) await reader.previous(BigInt(random(50)))
  for await (const batch of reader.entries(
    random(2) === 0 ? 'forwards' : 'backwards',
    BigInt(random(200)),
    random(2) === 0,
  ))
    result.entries += batch.length
  if (random(8) === 0) await valuesOf(files, 'STREAM', forever)
}

/**
 * One journal file: its header, entries, data and field objects (systemd's "Journal File Format"), regular and compact. Every offset
 * and length is checked before it is used; what is wrong with a part is thrown as CorruptPart by what asked for it.
 */
import { ENTRY_MAX_BYTES, ENTRY_MAX_FIELDS, FIELD_MAX_BYTES, type JournalField } from '../entry.ts'
import { createArena } from './arena.ts'
import { CorruptPart } from './corrupt.ts'
import type { DataCache } from './data-cache.ts'
import { COMPRESSED, TooLarge } from './decompress.ts'
import type { EntryHead } from './entry-head.ts'
import { createEntryList, type EntryList } from './entry-list.ts'
import { fieldName } from './field-name.ts'
import { createHashLookup } from './hash-lookup.ts'
import { type FileHeader, HEADER_BYTES, parseHeader } from './header.ts'
import { createObjectReader, OBJECT, OBJECT_BYTES, u64 } from './objects.ts'
import { PAGE_BYTES, type PageCache } from './pages.ts'
import type { FileSource } from './source.ts'

export interface JournalFile {
  readonly header: FileHeader
  /** All entries that the header counted when it was read last. */
  readonly entries: EntryList
  readonly closed: boolean
  /** Reads the header again, and forgets what was read if it has changed. */
  refresh(): void
  /** Throws CorruptPart; returns true. */
  readHead(offset: number, into: EntryHead): true
  /**
   * Fields of the entry, without those that are broken or too large, which are counted; with `only` the last one of that name alone.
   * Throws CorruptPart for a broken entry.
   */
  readFields(offset: number, only?: string): JournalField[]
  /** Offset of the data object whose bytes are `NAME=value`; 0 when no entry of this file has it. Throws CorruptPart. */
  findData(payload: Buffer): number
  /** The entries that have the data object at `offset`. Throws CorruptPart. */
  entriesOf(offset: number): EntryList
  /** Every value of a field, in no order, each good until the next is asked for: whoever takes them may stop at any. Throws CorruptPart. */
  values(field: string): Generator<Buffer>
  close(): void
}

export interface FileObserver {
  /** A part that cannot be a journal's, and was passed over. */
  corrupt(error: CorruptPart): void
  /** Values cut and fields left out, by the limits of entry.ts. */
  cut(count: number): void
}

const ENTRY_BYTES = 64
const ARRAY_BYTES = 24
const FIELD_BYTES = 40

/** journald's own limit is 64. */
const NAME_MAX_BYTES = 256
/** Data objects of the entry that is being read, which its block may not outlive. Of all files: filled and used up in one synchronous call. */
const items = new Float64Array(ENTRY_MAX_FIELDS)

const EQUALS = 0x3d
const UNDERSCORE = 0x5f

/** Of one entry; the fields behind are left out. */
const DECODE_FAILURES_MAX = 4

/** Throws CorruptPart or UnsupportedFile; the source is then still the caller's. */
export function openJournalFile(
  source: FileSource,
  cache: PageCache,
  shared: DataCache,
  observe: FileObserver,
): JournalFile {
  let raw = readHeader()
  let header = parseHeader(raw, source.sizeBytes())
  const pages = cache.open(source)
  const { compact } = header
  const itemBytes = compact ? 4 : 16
  const arrayItemBytes = compact ? 4 : 8
  const dataBytes = compact ? 72 : 64
  const values = createArena()
  let closed = false
  const objects = createObjectReader(pages, () => {
    if (closed) throw new CorruptPart('the file was removed')
    return header
  })
  const { object, payload } = objects
  const find = createHashLookup(objects, pages, () => header)

  function readHeader(): Buffer {
    const bytes = Buffer.alloc(HEADER_BYTES)
    return bytes.subarray(0, source.read(bytes, 0))
  }

  const arrays = {
    array(offset: number) {
      const { words } = object(offset, OBJECT.entryArray, ARRAY_BYTES + arrayItemBytes)
      const next = u64(words, (pages.at + OBJECT_BYTES) >> 2)
      return {
        next,
        items: Math.floor((objects.sizeBytes - ARRAY_BYTES) / arrayItemBytes),
        sizeBytes: objects.sizeBytes,
      }
    },
    item(offset: number, index: number) {
      if (closed) return 0
      const { words } = pages.locate(offset + ARRAY_BYTES + index * arrayItemBytes, arrayItemBytes)
      const word = pages.at >> 2
      const entry = compact ? words[word]! : u64(words, word)
      if (entry % 8 === 0 && entry >= header.headerBytes && entry < header.endBytes) return entry
      // 0: counted, but not written yet.
      if (entry !== 0) observe.corrupt(new CorruptPart(`an entry would be at ${entry}`))
      return 0
    },
    broken: observe.corrupt,
  }

  /** Undefined for an address, which no entry hands out as a field. */
  function readData(offset: number): JournalField | undefined {
    const { words } = object(offset, OBJECT.data, dataBytes)
    const word = pages.at >> 2
    const isShared = words[word + 14]! > 1 || words[word + 15]! > 0
    // A ZSTD frame comes whole or not at all.
    const limitBytes = objects.flags === COMPRESSED.zstd ? ENTRY_MAX_BYTES : FIELD_MAX_BYTES + NAME_MAX_BYTES
    const bytes = objects.locatePayload(offset, dataBytes, limitBytes)
    const { start, end } = objects
    let equals = start
    while (bytes[equals] !== EQUALS) {
      if (++equals > start + NAME_MAX_BYTES || equals >= end) throw new CorruptPart(`the data at ${offset} has no name`)
    }
    if (bytes[start] === UNDERSCORE && bytes[start + 1] === UNDERSCORE) return undefined
    if (end - equals - 1 > FIELD_MAX_BYTES) observe.cut(1)
    const name = fieldName(bytes, start, equals)
    const valueEnd = Math.min(end, equals + 1 + FIELD_MAX_BYTES)
    if (valueEnd - equals > PAGE_BYTES) return { name, value: bytes.subarray(equals + 1, valueEnd) }
    return isShared
      ? shared.put(file, offset, name, bytes, equals + 1, valueEnd)
      : { name, value: values.copy(bytes, equals + 1, valueEnd) }
  }

  function tryData(offset: number): JournalField | undefined {
    try {
      return readData(offset)
    } catch (error) {
      missed(error)
      return undefined
    }
  }

  /** Of the data object that was checked last. */
  function tryPayload(offset: number): Buffer | undefined {
    try {
      return payload(offset, dataBytes, FIELD_MAX_BYTES + NAME_MAX_BYTES)
    } catch (error) {
      missed(error)
      return undefined
    }
  }

  /** Counts what cannot be read; throws what is no fault of the file. */
  function missed(error: unknown): void {
    if (error instanceof TooLarge) observe.cut(1)
    else if (error instanceof CorruptPart) observe.corrupt(error)
    else throw error
  }

  /** Puts the data objects of an entry into `items`, as many as there is room for. Returns how many it has. */
  function readItems(offset: number): number {
    object(offset, OBJECT.entry, ENTRY_BYTES)
    const listed = Math.floor((objects.sizeBytes - ENTRY_BYTES) / itemBytes)
    const count = Math.min(listed, ENTRY_MAX_FIELDS)
    const { words } = pages.locate(offset, ENTRY_BYTES + count * itemBytes)
    const word = (pages.at + ENTRY_BYTES) >> 2
    for (let i = 0; i < count; i++) items[i] = compact ? words[word + i]! : u64(words, word + 4 * i)
    return listed
  }

  /** From the back, where newer systemd has what only this entry has; of others no more is decoded than an entry may have. */
  function lastNamed(name: string, count: number): JournalField[] {
    let left = ENTRY_MAX_BYTES
    for (let i = count - 1, failures = 0; i >= 0 && failures < DECODE_FAILURES_MAX && left > 0; i--) {
      const data = items[i]!
      const field = shared.get(file, data) ?? tryData(data)
      if (field?.name === name) return [field]
      if (field !== undefined) left -= field.value.length
      else if (objects.flags !== 0) failures++
    }
    if (left <= 0) observe.cut(1)
    return []
  }

  const file: JournalFile = {
    get header() {
      return header
    },
    get closed() {
      return closed
    },
    entries: createEntryList(
      arrays,
      0,
      () => header.entryArray,
      () => header.entries,
    ),
    refresh() {
      if (closed) return
      const now = readHeader()
      if (now.equals(raw)) return
      const next = parseHeader(now, source.sizeBytes())
      if (next.compact !== compact || !next.fileId.equals(header.fileId))
        throw new CorruptPart('another file was written over it')
      raw = now
      header = next
      pages.refresh()
    },
    readHead(offset, into) {
      const { words } = object(offset, OBJECT.entry, ENTRY_BYTES)
      const word = pages.at >> 2
      into.offset = offset
      into.seqnumId = header.seqnumId
      into.seqnum = u64(words, word + 4)
      into.realtimeUs = u64(words, word + 6)
      into.monotonicUs = u64(words, word + 8)
      into.boot0 = words[word + 10]!
      into.boot1 = words[word + 11]!
      into.boot2 = words[word + 12]!
      into.boot3 = words[word + 13]!
      into.xorLow = words[word + 14]!
      into.xorHigh = words[word + 15]!
      // Beyond 2^53 a number would not be the one in the file, and no clock or counter comes there.
      if (into.seqnum === 0 || Math.max(into.seqnum, into.realtimeUs, into.monotonicUs) > Number.MAX_SAFE_INTEGER)
        throw new CorruptPart(`the entry at ${offset} has an impossible time or number`)
      return true
    },
    readFields(offset, only) {
      const listed = readItems(offset)
      const count = Math.min(listed, ENTRY_MAX_FIELDS)
      if (only !== undefined) return lastNamed(only, count)
      // Grown one by one it would be copied several times.
      const fields = new Array<JournalField>(count)
      let kept = 0
      let left = ENTRY_MAX_BYTES
      let failures = 0
      let cut = listed - count
      for (let i = 0; i < count; i++) {
        const data = items[i]!
        const field = shared.get(file, data) ?? tryData(data)
        // An entry may name one costly object a thousand times.
        if (field === undefined) failures += objects.flags === 0 ? 0 : 1
        else {
          left -= field.value.length
          if (left >= 0) fields[kept++] = field
        }
        if (left >= 0 && failures < DECODE_FAILURES_MAX) continue
        cut += count - i - (left < 0 ? 0 : 1)
        break
      }
      if (cut > 0) observe.cut(cut)
      fields.length = kept
      return fields
    },
    findData: wanted => find(header.dataTable, OBJECT.data, dataBytes, wanted),
    entriesOf(offset) {
      const { words } = object(offset, OBJECT.data, dataBytes)
      const word = pages.at >> 2
      const first = u64(words, word + 10)
      const array = u64(words, word + 12)
      const count = u64(words, word + 14)
      if (count > (header.endBytes - header.headerBytes) / arrayItemBytes)
        throw new CorruptPart(`${count} entries would have one value`)
      const inline = first % 8 === 0 && first >= header.headerBytes && first < header.endBytes ? first : 0
      return createEntryList(
        arrays,
        inline,
        () => array,
        () => count,
      )
    },
    *values(field) {
      const offset = find(header.fieldTable, OBJECT.field, FIELD_BYTES, Buffer.from(field, 'latin1'))
      if (offset === 0) return
      const prefix = Buffer.from(`${field}=`, 'latin1')
      const { words } = object(offset, OBJECT.field, FIELD_BYTES)
      let data = u64(words, (pages.at >> 2) + 8)
      while (data !== 0) {
        const block = object(data, OBJECT.data, dataBytes)
        const next = u64(block.words, (pages.at >> 2) + 8)
        const bytes = tryPayload(data)
        if (bytes?.subarray(0, prefix.length).equals(prefix)) yield bytes.subarray(prefix.length)
        // Objects are added at the front of the chain.
        if (next >= data) throw new CorruptPart('a chain of values turns back')
        data = next
      }
    },
    close() {
      if (closed) return
      closed = true
      pages.close()
      shared.forget(file)
    },
  }
  return file
}

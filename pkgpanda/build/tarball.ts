/**
 * Reproducible .tar.xz files (pkgpanda 3.1): sorted, paths `./…`, owner 0:0 without names, modes 0755 and 0644, all times 0.
 * The same entries give the same bytes, on any day and in any folder.
 */
import { createReadStream } from 'node:fs'
import { Header, Pax } from 'tar'
import { sortEntries, type TarEntry } from './tar-entries.ts'
import { compress } from './xz.ts'
import type { XzCache } from './xz-cache.ts'
import { joinXzStreams, parseXzStream, type XzStream } from './xz-stream.ts'

/** From this size on a file has blocks of its own in the .xz stream, which come from the cache. */
export const LARGE_FILE_BYTES = 16 * 1024 * 1024

const BLOCK_BYTES = 512
const EPOCH = new Date(0)
/** Two empty blocks end an archive. */
const END = Buffer.alloc(2 * BLOCK_BYTES)

type Piece = Buffer | { file: string }

/** The bytes of the tarball, in pieces. Rejects as XzCache and compress() do. */
export async function makeTarball(
  entries: readonly TarEntry[],
  cache: XzCache,
  signal?: AbortSignal,
): Promise<Buffer[]> {
  const streams: XzStream[] = []
  let pieces: Piece[] = []
  const flush = async () => {
    streams.push(parseXzStream(await compress(readPieces(pieces), signal)))
    pieces = []
  }
  for (const entry of [{ type: 'directory', path: '' } as const, ...sortEntries(entries)]) {
    pieces.push(encodeHeader(entry))
    if (entry.type !== 'file') continue
    const padding = (BLOCK_BYTES - (entry.sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES
    if (typeof entry.content === 'string' && entry.sizeBytes >= LARGE_FILE_BYTES) {
      await flush()
      streams.push(parseXzStream(await cache.streamOf(entry.content, padding, signal)))
    } else {
      pieces.push(
        typeof entry.content === 'string' ? { file: entry.content } : Buffer.from(entry.content),
        Buffer.alloc(padding),
      )
    }
  }
  pieces.push(END)
  await flush()
  return joinXzStreams(streams)
}

/** The header block of an entry, with a pax header before it where a name is too long for it. */
export function encodeHeader(entry: TarEntry): Buffer {
  const header = new Header({
    path: entry.path === '' ? './' : `./${entry.path}${entry.type === 'directory' ? '/' : ''}`,
    type: entry.type === 'directory' ? 'Directory' : entry.type === 'link' ? 'SymbolicLink' : 'File',
    mode: modeOf(entry),
    size: entry.type === 'file' ? entry.sizeBytes : 0,
    uid: 0,
    gid: 0,
    uname: '',
    gname: '',
    mtime: EPOCH,
    ...(entry.type === 'link' ? { linkpath: entry.target } : {}),
  })
  const block = Buffer.alloc(BLOCK_BYTES)
  if (!header.encode(block, 0)) return block
  // Only what does not fit: anything else (times, ids, a comment) would be in the way of equal bytes.
  const { path, linkpath } = header
  const pax = new Pax({ ...(path ? { path } : {}), ...(linkpath ? { linkpath } : {}) }).encode()
  return Buffer.concat([pax, block])
}

/** The permission bits that an entry has in every tarball. */
export function modeOf(entry: TarEntry): number {
  if (entry.type === 'link') return 0o777
  return entry.type === 'directory' || entry.executable ? 0o755 : 0o644
}

async function* readPieces(pieces: readonly Piece[]): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) {
    if (Buffer.isBuffer(piece)) {
      if (piece.length > 0) yield piece
    } else yield* createReadStream(piece.file)
  }
}

/** A piece of a file for /files/read. */
import { open, stat } from 'node:fs/promises'
import type { ReadRange } from './read-range.ts'

export const isDirectory = async (path: string) => (await stat(path)).isDirectory()

/** `offset` is where `data` begins, or the size when that was asked for. Past the end: no data, the offset as given. */
export async function readPiece(
  path: string,
  { range }: { range: ReadRange },
): Promise<{ data: Buffer; offset: number }> {
  await using file = await open(path)
  if (range === 'size') return { data: Buffer.alloc(0), offset: (await file.stat()).size }
  const buffer = Buffer.alloc(range.length)
  const { bytesRead } = await file.read(buffer, 0, range.length, range.offset)
  return { data: buffer.subarray(0, bytesRead), offset: range.offset }
}

/** Where the bytes of one journal file come from. Reading is pread of a descriptor: nothing is mapped, so nothing can fault. */
import { closeSync, fstatSync, readSync } from 'node:fs'
import { CorruptPart, RemovedFile } from './corrupt.ts'

export interface FileSource {
  /** Now; a file that is written grows. */
  sizeBytes(): number
  /** Fills `into` from `offset`; fewer bytes at the end of the file. Throws CorruptPart, RemovedFile. */
  read(into: Uint8Array, offset: number): number
  close(): void
}

export function descriptorSource(fd: number): FileSource {
  return {
    sizeBytes: () => fstatSync(fd).size,
    read(into, offset) {
      let at = 0
      try {
        while (at < into.length) {
          const count = readSync(fd, into, at, into.length - at, offset + at)
          if (count === 0) break
          at += count
        }
      } catch (error) {
        // EIO of a bad disk is a corrupt part as any other.
        throw new CorruptPart(`reading at ${offset}: ${(error as NodeJS.ErrnoException).code}`)
      }
      // journald unlinks a file first, then frees its blocks under whoever reads it: zeros, which would pass for entries not written yet.
      if (fstatSync(fd).nlink === 0) throw new RemovedFile('the file was removed')
      return at
    },
    close: () => closeSync(fd),
  }
}

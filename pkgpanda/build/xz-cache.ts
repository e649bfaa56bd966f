/**
 * Compressed large files, kept between builds by what is in them: the runtime alone takes one to two minutes to compress,
 * and both its package and every bootstrap tarball hold it.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic } from '../../src/shared/fs/atomic-write.ts'
import { sha256Of } from './sources/source-files.ts'
import { compress, XZ_ARGUMENTS, xzVersion } from './xz.ts'

export interface XzCache {
  /**
   * The .xz stream of a file followed by `padding` zero bytes; `onMiss` is told when it has to be made, which takes a while.
   * Rejects as compress() does.
   */
  streamOf(file: string, padding: number, signal?: AbortSignal): Promise<Buffer>
}

/**
 * An entry is one file `<sha256 of the content>-<settings>.<sha256 of the entry>.xz`: written atomically, checked by its own
 * digest when it is read, made again when it does not fit.
 */
export function openXzCache(directory: string, onMiss: (file: string) => void): XzCache {
  return {
    async streamOf(file, padding, signal) {
      const settings = digest(`${XZ_ARGUMENTS.join(' ')} ${await xzVersion()}`).slice(0, 16)
      const prefix = `${await sha256Of(file)}+${padding}-${settings}.`
      const found = await readEntry(directory, prefix)
      if (found) return found
      onMiss(file)
      const stream = await compress(padded(file, padding), signal)
      await mkdir(directory, { recursive: true })
      await writeFileAtomic(join(directory, `${prefix}${digest(stream)}.xz`), stream, { mode: 0o644 })
      return stream
    },
  }
}

async function readEntry(directory: string, prefix: string): Promise<Buffer | undefined> {
  const names = await readdir(directory).catch(() => [])
  for (const name of names.filter(each => each.startsWith(prefix))) {
    const stream = await readFile(join(directory, name))
    if (name === `${prefix}${digest(stream)}.xz`) return stream
    await rm(join(directory, name), { force: true })
  }
  return undefined
}

async function* padded(file: string, padding: number): AsyncGenerator<Uint8Array> {
  yield* createReadStream(file, { highWaterMark: 1024 * 1024 })
  if (padding > 0) yield Buffer.alloc(padding)
}

function digest(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

/** A package store elsewhere that may have a package already: asked by id before it is built (pkgpanda 3.4). */
import { randomBytes } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import { isFault } from '../../src/shared/errors/fault.ts'
import { openStore } from '../store/store.ts'
import { unlessAborted } from './unless-aborted.ts'

export interface Remote {
  /**
   * The file's bytes, held against the store's index; undefined when the store does not have it. Also when it fails: then it
   * can be built here, and `line` is told why it had to be. Rejects with the signal's reason only.
   */
  fetch(path: string, line: (text: string) => void, signal: AbortSignal): Promise<Buffer | undefined>
}

/** Throws PKGPANDA_REPOSITORY_URL_MALFORMED. `scratch` is an existing folder. */
export function openRemote(repositoryUrl: string, scratch: string): Remote {
  const store = openStore(repositoryUrl, { scratch, random: () => randomBytes(8).toString('hex') })
  return {
    async fetch(path, line, signal) {
      try {
        const file = await unlessAborted(store.fetch(path), signal)
        try {
          return await readFile(file)
        } finally {
          await rm(file, { force: true })
        }
      } catch (error) {
        if (signal.aborted || !isFault(error)) throw error
        if (error.code !== 'PKGPANDA_NOT_IN_INDEX') line(`${error.message}, building it here`)
        return undefined
      }
    },
  }
}

/** `index.json.sig` of a repository that is written: made anew with the keys given, or removed, since a stale one would be a lie (docs/signing.md). */
import type { KeyObject } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { syncDirectory, writeFileAtomic } from '../../src/shared/fs/atomic-write.ts'
import { formatSignatures, keyIdOf, parseSignatures, signatureTrouble, signIndex } from '../store/index-signature.ts'
import { INDEX_FILE, INDEX_SIGNATURE_FILE } from '../store/store-layout.ts'

export interface IndexSigning {
  /** Private keys; several during a rotation. */
  readonly keys: readonly KeyObject[]
  /** Is told when a signature had to go. */
  readonly report: (line: string) => void
}

export const UNSIGNED: IndexSigning = { keys: [], report: () => {} }

/**
 * To be called before `text` becomes the index: a node that reads the old index just now finds the old signature still, among
 * the new ones. Rejects with the system's errors.
 */
export async function signNextIndex(repository: string, text: string, { keys, report }: IndexSigning): Promise<void> {
  const file = join(repository, INDEX_SIGNATURE_FILE)
  const [current, signatures] = await Promise.all([readIfThere(join(repository, INDEX_FILE)), readIfThere(file)])
  const next = Buffer.from(text)
  if (keys.length === 0) {
    // The same bytes as before: the signature still fits.
    if (signatures === undefined || current?.equals(next)) return
    await rm(file)
    await syncDirectory(repository)
    return report(
      `${INDEX_SIGNATURE_FILE} removed: the index changes and no --sign-key was given; nodes with trusted keys refuse it`,
    )
  }
  const made = keys.map(key => signIndex(next, key))
  const kept =
    current === undefined
      ? []
      : parseSignatures(signatures?.toString('latin1') ?? '').filter(signature => {
          const key = keys.find(each => keyIdOf(each) === signature.keyId)
          return (
            key &&
            !current.equals(next) &&
            signatureTrouble(current, formatSignatures([signature]), [key]) === undefined
          )
        })
  await writeFileAtomic(file, formatSignatures([...made, ...kept]), { mode: 0o644 })
}

async function readIfThere(file: string): Promise<Buffer | undefined> {
  return readFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
}

/** The index of a store: which digests it promises, and whether one whom this node trusts has signed them (pkgpanda 7). */
import type { KeyObject } from 'node:crypto'
import { faults } from '../errors.ts'
import { isMissing } from './download/download.ts'
import { publicUrl } from './download/public-url.ts'
import { type Index, parseIndex } from './index-format.ts'
import { signatureTrouble } from './index-signature.ts'
import { INDEX_FILE, INDEX_SIGNATURE_FILE } from './store-layout.ts'

export interface IndexPolicy {
  /** Take files of a store that has no index at all; one that has an index is always held to it. */
  readonly allowUnverified?: boolean | undefined
  /** With keys an index must be signed by one of them; without keys digests are enough. */
  readonly trustedKeys?: readonly KeyObject[]
  /** Go on without such a signature, with a warning. */
  readonly allowUnsigned?: boolean | undefined
  readonly warn?: (line: string) => void
}

/** An index with ten thousand files takes 1.6 MB. */
const INDEX_MAX_BYTES = 64 * 1024 * 1024
const SIGNATURE_MAX_BYTES = 64 * 1024

/**
 * Undefined for a store without an index, where that is allowed. `read` gets a small file of the store. Rejects with its
 * faults, PKGPANDA_INDEX_MISSING, PKGPANDA_INDEX_UNSIGNED, PKGPANDA_INDEX_MALFORMED.
 */
export async function loadStoreIndex(
  url: string,
  read: (path: string, limitBytes: number) => Promise<Buffer>,
  { allowUnverified, trustedKeys = [], allowUnsigned, warn }: IndexPolicy,
): Promise<Index | undefined> {
  const location = publicUrl(`${url}/${INDEX_FILE}`)
  const requireSigned = (trouble: string | undefined) => {
    if (trouble === undefined) return
    if (!allowUnsigned) throw faults.INDEX_UNSIGNED(location, trouble)
    warn?.(`${location} is not signed by a trusted key (${trouble}); going on, as --allow-unsigned asks.`)
  }
  let bytes: Buffer
  try {
    bytes = await read(INDEX_FILE, INDEX_MAX_BYTES)
  } catch (error) {
    if (!isMissing(error)) throw error
    if (!allowUnverified) throw faults.INDEX_MISSING(location, (error as Error).message).because(error)
    if (trustedKeys.length > 0) requireSigned('there is no index')
    return undefined
  }
  if (trustedKeys.length > 0) {
    // After the index: its writer replaces the signatures first, and keeps the old index's among them until the next time.
    const signatures = await read(INDEX_SIGNATURE_FILE, SIGNATURE_MAX_BYTES).catch(error => {
      if (isMissing(error)) return undefined
      throw error
    })
    requireSigned(
      signatures === undefined
        ? 'there is no signature beside it'
        : signatureTrouble(bytes, signatures.toString('latin1'), trustedKeys),
    )
  }
  // Only now: a parser is no place for bytes of strangers.
  return parseIndex(bytes.toString('utf8'), why => faults.INDEX_MALFORMED(location, why))
}

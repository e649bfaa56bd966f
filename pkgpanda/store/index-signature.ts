/**
 * `index.json.sig` beside `index.json`: who vouches for the digests (docs/signing.md). A line is
 * `ed25519 <key id> <base64 of the signature over the bytes of index.json>`; several lines: several keys, as in a rotation.
 */
import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'

export interface Signature {
  readonly keyId: string
  readonly signature: Buffer
}

const ALGORITHM = 'ed25519'
const SIGNATURE_BYTES = 64
/** More than anybody rotates. */
const LINES_MAX = 64

/** The first 16 hex digits of the sha256 of the public key (SPKI, DER). Takes either half of a pair. */
export function keyIdOf(key: KeyObject): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  return createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16)
}

/** Lines of other algorithms or forms are passed over: a later version may add some. */
export function parseSignatures(text: string): Signature[] {
  return text.split('\n', LINES_MAX).flatMap(line => {
    const [, keyId, base64] = /^ed25519 ([0-9a-f]{16}) ([A-Za-z0-9+/]{86}==)$/.exec(line.trim()) ?? []
    const signature = Buffer.from(base64 ?? '', 'base64')
    return keyId !== undefined && signature.length === SIGNATURE_BYTES ? [{ keyId, signature }] : []
  })
}

export function formatSignatures(signatures: readonly Signature[]): string {
  return signatures.map(({ keyId, signature }) => `${ALGORITHM} ${keyId} ${signature.toString('base64')}\n`).join('')
}

export function signIndex(index: Uint8Array, privateKey: KeyObject): Signature {
  return { keyId: keyIdOf(privateKey), signature: sign(null, index, privateKey) }
}

/** Undefined when one of `keys` signed exactly these bytes, else why not, in words. */
export function signatureTrouble(index: Uint8Array, text: string, keys: readonly KeyObject[]): string | undefined {
  const signatures = parseSignatures(text)
  if (signatures.length === 0) return 'its signature file holds no ed25519 signature'
  const known = new Map(keys.map(key => [keyIdOf(key), key]))
  const ours = signatures.filter(({ keyId }) => known.has(keyId))
  if (ours.length === 0)
    return `it is signed by ${signatures.map(({ keyId }) => keyId).join(', ')}, trusted are ${[...known.keys()].join(', ')}`
  // The line above left only ids that are in the map.
  if (ours.some(({ keyId, signature }) => verify(null, index, known.get(keyId)!, signature))) return undefined
  return `the signature by ${ours.map(({ keyId }) => keyId).join(', ')} does not fit its bytes`
}

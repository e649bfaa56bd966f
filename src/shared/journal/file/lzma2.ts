/** LZMA2 (xz-file-format.txt of XZ Utils, 5.3.1; chunks as its lzma2_decoder.c has them): LZMA in chunks that tell their sizes. */
import { CorruptPart } from './corrupt.ts'
import { createLzmaDecoder, type Window } from './lzma.ts'

const END = 0
const COPY_AND_RESET = 1
const COPY = 2
const LZMA = 0x80
/** From here on with a new state, with new properties, with a new dictionary. */
const NEW_STATE = 0xa0
const NEW_PROPERTIES = 0xc0
const NEW_DICTIONARY = 0xe0

/**
 * Appends to the window what the chunks of `input` from `from` on hold, until it has `wanted` bytes; where they end. The window's memory
 * grows by what a chunk promises, but not beyond `wanted`. Throws CorruptPart.
 */
export function decodeLzma2(input: Buffer, from: number, window: Window, wanted: number): number {
  const lzma = createLzmaDecoder(input)
  let at = from
  let needsDictionary = true
  let needsProperties = true

  function need(lengthBytes: number): void {
    if (lengthBytes > input.length - at) throw new CorruptPart('an XZ object ends early')
  }

  while (window.to < wanted) {
    need(1)
    const control = input[at++]!
    if (control === END) return at
    if (control === COPY_AND_RESET || control >= NEW_DICTIONARY) {
      needsDictionary = false
      needsProperties = true
      window.start = window.to
    }
    if (needsDictionary || (control > COPY && control < LZMA))
      throw new CorruptPart(`an XZ object has a chunk of kind ${control}`)
    if (control < LZMA) {
      need(2)
      const sizeBytes = input.readUInt16BE(at) + 1
      at += 2
      need(sizeBytes)
      const kept = reserve(window, sizeBytes, wanted)
      input.copy(window.bytes, window.to, at, at + kept)
      window.to += kept
      at += sizeBytes
      continue
    }
    need(5)
    const sizeBytes = ((control & 0x1f) << 16) + input.readUInt16BE(at) + 1
    const packedBytes = input.readUInt16BE(at + 2) + 1
    at += 4
    if (control >= NEW_PROPERTIES) {
      lzma.configure(input[at++]!)
      needsProperties = false
    } else if (needsProperties) throw new CorruptPart('an XZ object has a chunk without properties')
    else if (control >= NEW_STATE) lzma.resetState()
    need(packedBytes)
    reserve(window, sizeBytes, wanted)
    lzma.decode(window, at, at + packedBytes, window.to + sizeBytes, wanted)
    at += packedBytes
  }
  return at
}

/** Makes room for `sizeBytes` more, or as many as are wanted; how many. */
function reserve(window: Window, sizeBytes: number, wanted: number): number {
  const room = Math.min(sizeBytes, wanted - window.to)
  const needed = window.to + room
  if (needed > window.bytes.length) {
    // Twice as much as before, so that many small chunks do not copy again and again.
    const grown = Buffer.allocUnsafe(Math.min(Math.max(needed, 2 * window.bytes.length), wanted))
    window.bytes.copy(grown, 0, 0, window.to)
    window.bytes = grown
  }
  return room
}

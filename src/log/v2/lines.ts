/** Bytes of a task's file → its lines that are not blank, with their places in the file (log 7.2). Pure. */

export interface Line {
  /** Offset of its first byte. */
  readonly start: number
  /** Without the newline. */
  readonly bytes: Buffer
}

/**
 * A longer line comes in several, none of which ends within a character. DEPARTURE (log 7.2): the original cut lines at 32 KiB, and
 * characters at the edges of its pieces.
 */
export const LINE_MAX_BYTES = 256 * 1024

export interface LineSplitter {
  /** Lines that `piece` completes. The piece may be kept: do not write to it afterwards. */
  push(piece: Buffer): Line[]
  /** What has come since the last newline, if anything, as a line. */
  rest(): Line[]
  /** Offset of the next byte to push. */
  readonly offset: number
}

const NEWLINE = 10

export function createLineSplitter(startOffset: number): LineSplitter {
  let offset = startOffset
  /** Of the line that has begun; joined only when it ends. */
  let begun: Buffer[] = []
  let begunBytes = 0

  function take(end: Buffer, lines: Line[]): void {
    const bytes = begun.length === 0 ? end : Buffer.concat([...begun, end])
    begun = []
    begunBytes = 0
    if (bytes.length > 0) lines.push({ start: offset - bytes.length, bytes })
  }

  /** The line that has begun is too long: all of it that is whole characters. */
  function cut(lines: Line[]): void {
    const bytes = Buffer.concat(begun, begunBytes)
    const end = wholeCharacters(bytes)
    lines.push({ start: offset - bytes.length, bytes: bytes.subarray(0, end) })
    begun = end < bytes.length ? [bytes.subarray(end)] : []
    begunBytes = bytes.length - end
  }

  return {
    get offset() {
      return offset
    },
    push(piece) {
      const lines: Line[] = []
      for (let at = 0; at < piece.length; ) {
        const newline = piece.indexOf(NEWLINE, at)
        const room = at + LINE_MAX_BYTES - begunBytes
        const end = Math.min(newline < 0 ? piece.length : newline, room)
        offset += end - at
        const part = piece.subarray(at, end)
        if (end === newline) {
          take(part, lines)
          offset++
          at = end + 1
          continue
        }
        if (part.length > 0) begun.push(part)
        begunBytes += part.length
        at = end
        if (begunBytes >= LINE_MAX_BYTES) cut(lines)
      }
      return lines
    },
    rest() {
      const lines: Line[] = []
      take(Buffer.alloc(0), lines)
      return lines
    },
  }
}

/** How much of `bytes` is left when a character of UTF-8 that is not complete is left out at the end. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= 3 && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if ((byte & 0xc0) === 0x80) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return length > back ? bytes.length - back : bytes.length
  }
  return bytes.length
}

/**
 * Where the `count`-th line before `end` begins, by pieces read backwards: push the piece before the last one until it is found. A
 * part of a line before `end` counts as one, blank lines do not.
 */
export interface BackwardSearch {
  /** The offset, when it is in `piece`, which begins at `offset`. */
  push(piece: Buffer, offset: number): number | undefined
}

export function createBackwardSearch(count: number): BackwardSearch {
  let left = count
  /** There is a byte between here and the next newline, or the end: a line. */
  let within = false
  return {
    push(piece, offset) {
      for (let at = piece.length - 1; at >= 0; at--) {
        if (piece[at] !== NEWLINE) {
          within = true
          continue
        }
        if (within && --left === 0) return offset + at + 1
        within = false
      }
      return undefined
    },
  }
}

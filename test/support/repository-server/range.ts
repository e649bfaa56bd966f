/** One byte range of a file, from the header Range of RFC 9110 14.2: what curl sends to resume a download. Pure. */

export interface ByteRange {
  /** First and last byte, both included. */
  first: number
  last: number
}

/** `undefined`: send the whole file (no header, another unit, several ranges). `unsatisfiable`: answer 416. */
export function parseRange(header: string | undefined, sizeBytes: number): ByteRange | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  if (!match || (match[1] === '' && match[2] === '')) return undefined
  if (match[1] === '') {
    const suffix = Math.min(Number(match[2]), sizeBytes)
    return suffix === 0 ? 'unsatisfiable' : { first: sizeBytes - suffix, last: sizeBytes - 1 }
  }
  const first = Number(match[1])
  if (match[2] !== '' && Number(match[2]) < first) return undefined
  if (first >= sizeBytes) return 'unsatisfiable'
  return { first, last: match[2] === '' ? sizeBytes - 1 : Math.min(Number(match[2]), sizeBytes - 1) }
}

/** Names of fields as strings: there are few, and each would be made anew for every entry. */

const SLOTS = 256
const LENGTH_MAX = 64

const names: string[] = new Array(SLOTS).fill('')

/** The ASCII of `bytes` from `start` to `end`; the same string for the same bytes, as a rule. */
export function fieldName(bytes: Buffer, start: number, end: number): string {
  const length = end - start
  if (length > LENGTH_MAX) return bytes.toString('latin1', start, end)
  let hash = length
  for (let i = start; i < end; i++) hash = (hash * 31 + bytes[i]!) | 0
  const slot = hash & (SLOTS - 1)
  const known = names[slot]!
  if (known.length === length && isAt(bytes, start, known)) return known
  const name = bytes.toString('latin1', start, end)
  names[slot] = name
  return name
}

function isAt(bytes: Buffer, start: number, text: string): boolean {
  for (let i = 0; i < text.length; i++) if (bytes[start + i] !== text.charCodeAt(i)) return false
  return true
}

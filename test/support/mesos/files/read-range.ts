/** What offset and length of /files/read ask for. Sentences as Mesos 1.2 answers them. Pure. */

/** Mesos reads at most sixteen pages at once. */
export const READ_MAX_BYTES = 16 * 4096

/** `size`: only the size is wanted. */
export type ReadRange = 'size' | { offset: number; length: number }

/** No offset, or -1, asks for the size; no length, or -1, for as much as one answer holds. */
export function parseReadRange(
  offset: string | null,
  length: string | null,
): { range: ReadRange } | { problem: string } {
  const from = parseNumber('offset', offset)
  if ('problem' in from) return from
  const count = parseNumber('length', length)
  if ('problem' in count) return count
  if (from.value === -1) return { range: 'size' }
  return {
    range: { offset: from.value, length: count.value === -1 ? READ_MAX_BYTES : Math.min(count.value, READ_MAX_BYTES) },
  }
}

function parseNumber(name: 'offset' | 'length', text: string | null): { value: number } | { problem: string } {
  if (text === null || text === '-1') return { value: -1 }
  const value = Number(text)
  if (text.trim() === '' || !Number.isSafeInteger(value)) {
    return { problem: `Failed to parse ${name}: Failed to convert '${text}' to number.\n` }
  }
  return value < 0 ? { problem: `Negative ${name} provided: ${value}.\n` } : { value }
}

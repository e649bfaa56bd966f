/** Bob Jenkins' lookup3 (public domain), two 32-bit halves: the hash of data objects in journal files without keyed hashes (systemd before 246). */

/** A 64-bit hash as two unsigned halves. */
export interface Hash64 {
  readonly high: number
  readonly low: number
}

/** jenkins_hash64 of the journal file format: hashlittle2 from 0, 0; its first result is the high half. */
export function jenkins64(bytes: Uint8Array): Hash64 {
  let a = (0xdeadbeef + bytes.length) | 0
  let b = a
  let c = a
  if (bytes.length === 0) return { high: c >>> 0, low: b >>> 0 }
  let at = 0
  for (; bytes.length - at > 12; at += 12) {
    a = (a + word(bytes, at)) | 0
    b = (b + word(bytes, at + 4)) | 0
    c = (c + word(bytes, at + 8)) | 0
    a = (a - c) ^ rotate(c, 4)
    c = (c + b) | 0
    b = (b - a) ^ rotate(a, 6)
    a = (a + c) | 0
    c = (c - b) ^ rotate(b, 8)
    b = (b + a) | 0
    a = (a - c) ^ rotate(c, 16)
    c = (c + b) | 0
    b = (b - a) ^ rotate(a, 19)
    a = (a + c) | 0
    c = (c - b) ^ rotate(b, 4)
    b = (b + a) | 0
  }
  a = (a + word(bytes, at)) | 0
  b = (b + word(bytes, at + 4)) | 0
  c = (c + word(bytes, at + 8)) | 0
  c = ((c ^ b) - rotate(b, 14)) | 0
  a = ((a ^ c) - rotate(c, 11)) | 0
  b = ((b ^ a) - rotate(a, 25)) | 0
  c = ((c ^ b) - rotate(b, 16)) | 0
  a = ((a ^ c) - rotate(c, 4)) | 0
  b = ((b ^ a) - rotate(a, 14)) | 0
  c = ((c ^ b) - rotate(b, 24)) | 0
  return { high: c >>> 0, low: b >>> 0 }
}

/** Little-endian; zeros behind the end. */
function word(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24)
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by))
}

/** Every object of a journal file, one behind the other: what a test's file holds, whoever points to it. */
export interface WalkedObject {
  readonly offset: number
  readonly type: number
  /** Its compression; 0 for none. */
  readonly flags: number
  readonly sizeBytes: number
}

export const OBJECT_TYPE = { entry: 3, entryArray: 6, tag: 7 } as const

/** `bytes`: a whole file, which is not checked. */
export function walkObjects(bytes: Buffer): WalkedObject[] {
  const objects: WalkedObject[] = []
  const tail = Number(bytes.readBigUInt64LE(136))
  for (let offset = Number(bytes.readBigUInt64LE(88)); offset <= tail; ) {
    const sizeBytes = Number(bytes.readBigUInt64LE(offset + 8))
    objects.push({ offset, type: bytes[offset]!, flags: bytes[offset + 1]!, sizeBytes })
    offset += (sizeBytes + 7) & ~7
  }
  return objects
}

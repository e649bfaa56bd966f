/**
 * Entries with fields of their own, sent to journald's socket (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/): for a program that
 * no unit runs, and for fields that a line on stderr cannot have.
 */

export const JOURNAL_SOCKET = '/run/systemd/journal/socket'

/** A datagram of this size passes with every kernel's default limits; longer values are cut. */
const ENTRY_MAX_BYTES = 64 * 1024
const VALUE_MAX_BYTES = 8 * 1024

export type JournalFields = Readonly<Record<string, string | number>>

/** Fields → one datagram. A value with a newline takes the form with a length. Names are `[A-Z0-9_]`, not beginning with `_`. Pure. */
export function encodeJournalEntry(fields: JournalFields): Buffer {
  const pieces: Buffer[] = []
  let sizeBytes = 0
  for (const [name, value] of Object.entries(fields)) {
    const text = Buffer.from(String(value)).subarray(0, VALUE_MAX_BYTES)
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(text.length))
    const piece = text.includes(0x0a)
      ? Buffer.concat([Buffer.from(`${name}\n`), length, text, Buffer.from('\n')])
      : Buffer.concat([Buffer.from(`${name}=`), text, Buffer.from('\n')])
    sizeBytes += piece.length
    if (sizeBytes > ENTRY_MAX_BYTES) break
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

/** Resolves to whether journald took it; never rejects, since nothing of what is told depends on its being told. */
export async function sendJournalEntry(fields: JournalFields, socketPath: string = JOURNAL_SOCKET): Promise<boolean> {
  // As in shared/systemd/notify.ts: its loader would look up the names of open sockets' peers.
  Object.assign(process.report, { excludeNetwork: true })
  const { DgramSocket } = await import('node-unix-socket')
  const socket = new DgramSocket()
  // Without a listener an error event would end the process.
  socket.on('error', () => {})
  const datagram = encodeJournalEntry(fields)
  try {
    return await new Promise<boolean>(resolve => {
      socket.sendTo(datagram, 0, datagram.length, socketPath, error => resolve(!error))
    })
  } catch {
    // No journald here.
    return false
  } finally {
    socket.close()
  }
}

/**
 * Entries with fields of their own, sent to journald's socket (https://systemd.io/JOURNAL_NATIVE_PROTOCOL/): for a program that
 * no unit runs, and for fields that a line on stderr cannot have.
 */

export const JOURNAL_SOCKET = '/run/systemd/journal/socket'

/** A datagram of this size passes with every kernel's default limits; fields that would go beyond it are left out. */
const ENTRY_MAX_BYTES = 64 * 1024
/** Longer ones are cut. */
const VALUE_MAX_BYTES = 8 * 1024

export type JournalFields = Readonly<Record<string, string | number>>

/** Fields → one datagram. A value with a newline takes the form with a length. Names are `[A-Z0-9_]`, not beginning with `_`. Pure. */
export function encodeJournalEntry(fields: JournalFields): Buffer {
  const pieces: Buffer[] = []
  let sizeBytes = 0
  for (const [name, value] of Object.entries(fields)) {
    const text = cutText(Buffer.from(String(value)))
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

/** In whole characters: journalctl shows what is not UTF-8 as `[8.0K blob data]`. */
function cutText(text: Buffer): Buffer {
  if (text.length <= VALUE_MAX_BYTES) return text
  let end = VALUE_MAX_BYTES
  while (((text[end] ?? 0) & 0xc0) === 0x80) end--
  return text.subarray(0, end)
}

export interface SendOptions {
  readonly socketPath?: string
  /** For a journald that stands still: its socket takes some ten datagrams, then a sender waits until it goes on. */
  readonly timeoutMs?: number
}

const SEND_TIMEOUT_MS = 2_000

/** Resolves to whether journald took it; never rejects, since nothing of what is told depends on its being told. */
export type JournalSender = (fields: JournalFields) => Promise<boolean>

/**
 * Ready to send when it resolves: nothing is loaded later, so that a program may remove its own files and still tell it. Never
 * rejects; without its native module nothing is sent.
 */
export async function openJournalSender({
  socketPath = JOURNAL_SOCKET,
  timeoutMs = SEND_TIMEOUT_MS,
}: SendOptions = {}): Promise<JournalSender> {
  // As in shared/systemd/notify.ts: its loader would look up the names of open sockets' peers.
  Object.assign(process.report, { excludeNetwork: true })
  const loaded = await import('node-unix-socket').catch(() => undefined)
  if (loaded === undefined) return async () => false
  return async fields => {
    const socket = new loaded.DgramSocket()
    // Without a listener an error event would end the process.
    socket.on('error', () => {})
    const datagram = encodeJournalEntry(fields)
    let timer: NodeJS.Timeout | undefined
    try {
      return await new Promise<boolean>(resolve => {
        timer = setTimeout(() => resolve(false), timeoutMs)
        socket.sendTo(datagram, 0, datagram.length, socketPath, error => resolve(!error))
      })
    } catch {
      // No journald here.
      return false
    } finally {
      clearTimeout(timer)
      socket.close()
    }
  }
}

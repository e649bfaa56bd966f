/** One line in the journal for every change of the node (pkgpanda 7): who, what, from where, with which result. */
import { execFileSync } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { isFault } from '../../src/shared/errors/fault.ts'
import type { JournalFields } from '../../src/shared/log/journal-socket.ts'
import { publicText, publicUrl } from '../store/download/public-url.ts'

export interface Origin {
  /** `root`, `root (alice)` when somebody became root. */
  readonly who: string
  /** `bash on /dev/pts/0`, `systemd`, `the API for 10.0.0.7`. */
  readonly from: string
}

export interface ChangeRecord {
  readonly command: string
  readonly words: readonly string[]
  readonly origin: Origin
  /** Of the active set. */
  readonly added: readonly string[]
  readonly removed: readonly string[]
  readonly durationMs: number
  /** Undefined when it was done. */
  readonly error?: unknown
}

export type AuditJournal = (fields: JournalFields) => Promise<unknown>

/** journald's own numbers: notice, warning. */
const PRIORITY_DONE = 5
const PRIORITY_FAILED = 4
/** A set of 40 ids is some 2 KB; a message is for eyes. */
const WORDS_MAX_LENGTH = 400
/** Users may be kept in a directory service that does not answer; their number will do then. */
const USER_NAME_TIMEOUT_MS = 2_000

/** The record as fields of a journal entry, which more people read than the command line: URLs lose their secrets. Pure. */
export function formatAudit({
  command,
  words,
  origin,
  added,
  removed,
  durationMs,
  error,
}: ChangeRecord): JournalFields {
  const said = words.map(word => (word.includes('://') ? publicUrl(word) : word)).join(' ')
  const what = shorten(`${command} ${said}`.trim())
  const changes = [...added.map(id => `+${id}`), ...removed.map(id => `-${id}`)].join(' ')
  const result = error === undefined ? 'done' : isFault(error) ? error.code : (error as NodeJS.ErrnoException).code
  const sentence = error === undefined ? 'done' : `failed: ${publicText((error as Error).message)}`
  return {
    MESSAGE: oneLine(
      `${what} by ${origin.who} from ${origin.from}: ${sentence} in ${(durationMs / 1_000).toFixed(2)} s${changes && `; ${shorten(changes)}`}`,
    ),
    PRIORITY: error === undefined ? PRIORITY_DONE : PRIORITY_FAILED,
    SYSLOG_IDENTIFIER: 'pkgpanda',
    PKGPANDA_COMMAND: command,
    PKGPANDA_WORDS: said,
    PKGPANDA_WHO: origin.who,
    PKGPANDA_FROM: origin.from,
    PKGPANDA_RESULT: result ?? 'bug',
    PKGPANDA_ADDED: added.join(' '),
    PKGPANDA_REMOVED: removed.join(' '),
    PKGPANDA_DURATION_MS: Math.round(durationMs),
  }
}

/** A word of the command line, or the name of a parent process, must not look like an entry of its own. */
function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ')
}

function shorten(text: string): string {
  return text.length > WORDS_MAX_LENGTH ? `${text.slice(0, WORDS_MAX_LENGTH)}…` : text
}

/** Of this process, by what the kernel says and nobody can set in an environment. */
export function processOrigin(procfs = '/proc'): Origin {
  const uid = process.getuid?.() ?? 0
  const loginUid = Number(read(`${procfs}/self/loginuid`))
  const who = userName(uid)
  // 4294967295: no login, as for a service.
  const isLogin = Number.isInteger(loginUid) && loginUid !== 0xffffffff && loginUid !== uid
  const parent = read(`${procfs}/${process.ppid}/comm`)?.trim() || `pid ${process.ppid}`
  const terminal = [0, 2, 1]
    .map(fd => readLink(`${procfs}/self/fd/${fd}`))
    .find(path => /^\/dev\/(pts\/|tty)/.test(path))
  return {
    who: isLogin ? `${who} (${userName(loginUid)})` : who,
    from: terminal ? `${parent} on ${terminal}` : parent,
  }
}

function userName(uid: number): string {
  if (uid === 0) return 'root'
  try {
    return (
      execFileSync('getent', ['passwd', String(uid)], { encoding: 'utf8', timeout: USER_NAME_TIMEOUT_MS }).split(
        ':',
        1,
      )[0] || String(uid)
    )
  } catch {
    return String(uid)
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}

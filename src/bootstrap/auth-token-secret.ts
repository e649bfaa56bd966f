/**
 * The secret with which dcos-oauth signs its tokens and Admin Router checks them: one for all masters, agreed on in ZooKeeper,
 * kept in a file that dcos-oauth alone may read (pkgpanda 5.5).
 */
import { execFile } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { chmod, chown, mkdir, readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { isFault } from '../shared/errors/fault.ts'
import { writeFileAtomic } from '../shared/fs/atomic-write.ts'
import type { Log } from '../shared/log/journald.ts'
import type { ZooKeeperSession } from '../shared/zookeeper/session.ts'
import { faults } from './errors.ts'

export const SECRET_NODE = '/dcos/auth-token-secret'
/** Relative to the state directory of the node. */
export const SECRET_FILE = 'dcos-oauth/auth-token-secret'
export const SECRET_OWNER = 'dcos_oauth'

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const LENGTH = 64
/** Longer than any that somebody may have put there by hand. */
const LENGTH_MAX = 4_096

/** DEPARTURE (pkgpanda 5.5): from the system's generator for keys; 1.9 took one that can be predicted. */
export function proposeSecret(): string {
  return Array.from({ length: LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('')
}

/** Of several masters that propose at once one wins, and all get its secret. Rejects with BOOTSTRAP_SECRET_MALFORMED, ZOOKEEPER_*. */
export async function agreeOnSecret(session: ZooKeeperSession, propose: () => string = proposeSecret): Promise<string> {
  const there = await session.get(SECRET_NODE)
  if (there !== undefined) return parseSecret(there)
  await session.ensurePath(dirname(SECRET_NODE))
  try {
    await session.create(SECRET_NODE, propose(), { readOnly: true })
  } catch (error) {
    if (!isFault(error, 'ZOOKEEPER_NODE_EXISTS')) throw error
  }
  return parseSecret((await session.get(SECRET_NODE)) ?? Buffer.alloc(0))
}

/** The secret itself is in no message. */
function parseSecret(data: Buffer): string {
  const secret = data.toString('utf8').trim()
  if (secret === '' || secret.length > LENGTH_MAX || /\s/.test(secret)) throw faults.SECRET_MALFORMED(SECRET_NODE)
  return secret
}

/** Mode 0600, owned by `uid`. Rejects with BOOTSTRAP_STATE_NOT_WRITTEN. */
export async function keepSecret(file: string, secret: string, uid: number, log: Log): Promise<void> {
  try {
    const old = await readFile(file, 'utf8').catch(() => undefined)
    if (old !== secret) {
      await mkdir(dirname(file), { recursive: true })
      await writeFileAtomic(file, secret, { mode: 0o600 })
      log.info(
        old === undefined ? 'Secret for tokens written' : 'The secret for tokens has changed, writing the new one',
        { file },
      )
    }
    // Also of a file that a run before this one did not live to give away.
    const found = await stat(file)
    if ((found.mode & 0o777) !== 0o600) await chmod(file, 0o600)
    if (found.uid !== uid) await chown(file, uid, found.gid)
  } catch (error) {
    throw faults.STATE_NOT_WRITTEN(file, (error as Error).message).because(error)
  }
}

/** Rejects with BOOTSTRAP_USER_MISSING. */
export async function uidOf(user: string): Promise<number> {
  try {
    const { stdout } = await promisify(execFile)('id', ['-u', user])
    return Number(stdout)
  } catch (error) {
    throw faults.USER_MISSING(user).because(error)
  }
}

/** Key files of signed indexes (docs/signing.md): ed25519 in PEM. What others may write is no key to trust, what others may read none to sign with. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readdirSync, readFileSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import { isFault } from '../../src/shared/errors/fault.ts'
import { faults } from '../errors.ts'

/** In the configuration directory. */
export const TRUSTED_KEYS_DIRECTORY = 'trusted-keys'
const KEYS_MAX = 64
const KEY_MAX_BYTES = 16 * 1024
const WRITABLE_BY_OTHERS = 0o022
const READABLE_BY_OTHERS = 0o077

/** Every `*.pem` of CONFIG/trusted-keys; none without the directory. Throws PKGPANDA_KEY_UNUSABLE, which names the file. */
export function loadTrustedKeys(configDirectory: string): KeyObject[] {
  const directory = join(configDirectory, TRUSTED_KEYS_DIRECTORY)
  let names: string[]
  try {
    names = readdirSync(directory).filter(name => name.endsWith('.pem'))
    // Whoever may write here could add a key of his own.
    if (isWritableByOthers(statSync(directory))) throw faults.KEY_UNUSABLE(directory, 'others may write to it')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw asFault(error, directory)
  }
  if (names.length > KEYS_MAX) throw faults.KEY_UNUSABLE(directory, `it holds more than ${KEYS_MAX} keys`)
  return names.sort().map(name => {
    const path = join(directory, name)
    return readKey(path, isWritableByOthers, 'others may write to it', parsePublicKey)
  })
}

/** The key that signs a repository. Throws PKGPANDA_KEY_UNUSABLE. */
export function loadSigningKey(path: string): KeyObject {
  return readKey(
    path,
    ({ mode }) => (mode & READABLE_BY_OTHERS) !== 0,
    'others may read it (chmod 600)',
    createPrivateKey,
  )
}

/** PEM text of a public key; a private one is refused, it has no place on nodes. Throws an Error that says why. */
export function parsePublicKey(pem: string): KeyObject {
  if (pem.includes('PRIVATE KEY')) throw new Error('it is a private key: nodes get the public one')
  return requireEd25519(createPublicKey(pem))
}

/** Its owner may write to it whatever its mode. By hand, one's own files do as well as root's. */
function isWritableByOthers({ uid, mode }: Stats): boolean {
  return (mode & WRITABLE_BY_OTHERS) !== 0 || (uid !== 0 && uid !== process.getuid?.())
}

function readKey(
  path: string,
  isUnfit: (stat: Stats) => boolean,
  why: string,
  parse: (pem: string) => KeyObject,
): KeyObject {
  let file: number | undefined
  try {
    // Not blocking: a fifo here would hold the node.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const stat = fstatSync(file)
    if (!stat.isFile() || stat.size > KEY_MAX_BYTES) throw faults.KEY_UNUSABLE(path, 'it is not a small file')
    if (isUnfit(stat)) throw faults.KEY_UNUSABLE(path, why)
    return requireEd25519(parse(readFileSync(file, 'utf8')))
  } catch (error) {
    throw asFault(error, path)
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

function requireEd25519(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`it is ${key.asymmetricKeyType}, not ed25519`)
  return key
}

function asFault(error: unknown, path: string): unknown {
  return isFault(error) ? error : faults.KEY_UNUSABLE(path, (error as Error).message).because(error)
}

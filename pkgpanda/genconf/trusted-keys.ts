/** The operator's public keys, which config.yaml holds as PEM text or names by file: as PEM text they are a value like any other. */
import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { parsePublicKey } from '../store/signing-keys.ts'
import { listOf } from './rules.ts'

const NAME = 'repository_trusted_keys'

export interface TrustedKeys {
  values: Record<string, string>
  problems: Record<string, string>
}

/** A relative name is looked for beside the configuration. A file that is missing or no ed25519 key is a problem of the key. */
export async function readTrustedKeys(
  user: Readonly<Record<string, string>>,
  configFile: string,
): Promise<TrustedKeys> {
  const given = listOf(user[NAME])
  if (given.length === 0) return { values: {}, problems: {} }
  const keys: string[] = []
  for (const item of given) {
    const isText = item.includes('-----BEGIN')
    try {
      const pem = isText ? item : await readFile(resolve(dirname(configFile), item), 'utf8')
      keys.push(parsePublicKey(pem).export({ type: 'spki', format: 'pem' }).toString())
    } catch (error) {
      const what = isText ? 'A key' : `The key ${item}`
      return { values: {}, problems: { [NAME]: `${what} cannot be used: ${(error as Error).message}` } }
    }
  }
  return { values: { [NAME]: JSON.stringify(keys) }, problems: {} }
}

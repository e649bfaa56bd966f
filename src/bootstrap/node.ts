/** What the configuration packages say about this node: its role, its masters (below /opt/mesosphere/etc). */
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Type } from 'typebox'
import { decode } from '../shared/config/decode.ts'
import { parseEnvFile } from '../shared/config/env-file.ts'
import { faults } from './errors.ts'

/** Rejects with BOOTSTRAP_ROLE_UNKNOWN. */
export async function isMaster(root: string): Promise<boolean> {
  const directory = join(root, 'etc/roles')
  let roles: string[]
  try {
    roles = await readdir(directory)
  } catch (error) {
    throw faults.ROLE_UNKNOWN(directory, (error as Error).message).because(error)
  }
  if (roles.length === 0) throw faults.ROLE_UNKNOWN(directory, 'it is empty')
  return roles.includes('master')
}

/** Rejects with BOOTSTRAP_FILE_UNUSABLE. */
export async function loadMasterCount(root: string): Promise<number> {
  const file = join(root, 'etc/master_count')
  const text = (await readText(file)).trim()
  if (!/^[1-9]\d?$/.test(text)) throw faults.FILE_UNUSABLE(file, `found '${text}', allowed a number of masters`)
  return Number(text)
}

/** Addresses. Rejects with BOOTSTRAP_FILE_UNUSABLE. */
export async function loadMasterList(root: string): Promise<string[]> {
  const file = join(root, 'etc/master_list')
  const text = await readText(file)
  try {
    return decode(
      Type.Array(Type.String(), { minItems: 1, description: 'a list of addresses' }),
      JSON.parse(text),
      file,
    )
  } catch (error) {
    throw faults.FILE_UNUSABLE(file, (error as Error).message).because(error)
  }
}

/** MASTER_SOURCE and EXHIBITOR_ADDRESS as DNS has them; empty when the file is missing. */
export async function loadDnsConfig(root: string): Promise<Record<string, string>> {
  const text = await readFile(join(root, 'etc/dns_config'), 'utf8').catch(() => '')
  return parseEnvFile(text)
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    throw faults.FILE_UNUSABLE(file, (error as Error).message).because(error)
  }
}

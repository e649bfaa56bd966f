/** The cluster id, which the unit's bootstrap step writes into a file (metrics 1.3). */
import { readFile } from 'node:fs/promises'
import { faults } from '../errors.ts'

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** Rejects with METRICS_CLUSTER_ID_INVALID. */
export async function readClusterId(file: string): Promise<string> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    throw faults.CLUSTER_ID_INVALID(file, (error as NodeJS.ErrnoException).code ?? String(error)).because(error)
  }
  return parseClusterId(text, file)
}

/** The file's text → the id. Throws METRICS_CLUSTER_ID_INVALID. */
export function parseClusterId(text: string, file: string): string {
  const id = text.trim()
  if (!UUID.test(id)) throw faults.CLUSTER_ID_INVALID(file, `'${id.slice(0, 60)}' is not a UUID`)
  return id
}

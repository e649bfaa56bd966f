/** Configuration files in JSON or YAML: read, parse, decode, each failure with the file's name. */
import { readFile } from 'node:fs/promises'
import type { Static, TSchema } from 'typebox'
import { decode } from './decode.ts'
import { faults } from './errors.ts'

/** A configuration file is small; a larger one is somebody's mistake (a log, a device). */
export const CONFIG_FILE_MAX_BYTES = 4 * 1024 * 1024

/** Rejects with CONFIG_FILE_UNREADABLE, _FILE_MALFORMED or _VALUE_INVALID. */
export async function loadJsonFile<const S extends TSchema>(path: string, schema: S): Promise<Static<S>> {
  const text = await readConfigFile(path)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw faults.FILE_MALFORMED(path, (error as SyntaxError).message)
  }
  return decode(schema, value, `configuration file '${path}'`)
}

/** YAML likewise; an empty file counts as an empty object, as 1.9 ships one for dcos-metrics. */
export async function loadYamlFile<const S extends TSchema>(path: string, schema: S): Promise<Static<S>> {
  const text = await readConfigFile(path)
  if (/^\s*(#[^\n]*\s*)*$/.test(text)) return decode(schema, {}, `configuration file '${path}'`)
  // Loaded on demand: 14 MiB that a daemon without such a file need not carry.
  const { parse } = await import('yaml')
  let value: unknown
  try {
    value = parse(text)
  } catch (error) {
    throw faults.FILE_MALFORMED(path, (error as Error).message)
  }
  return decode(schema, value ?? {}, `configuration file '${path}'`)
}

/** Text of a file of at most CONFIG_FILE_MAX_BYTES. Rejects with CONFIG_FILE_UNREADABLE. */
export async function readConfigFile(path: string): Promise<string> {
  try {
    const content = await readFile(path)
    if (content.length > CONFIG_FILE_MAX_BYTES) throw new Error(`larger than ${CONFIG_FILE_MAX_BYTES} bytes`)
    return content.toString('utf8')
  } catch (error) {
    throw faults.FILE_UNREADABLE(path, (error as Error).message).because(error)
  }
}

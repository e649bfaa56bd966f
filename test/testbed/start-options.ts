/** The command lines of npm start and npm run status. Pure. */
import { parseArgs } from 'node:util'
import { faults } from './errors.ts'

export interface StartOptions {
  masters: number
}

/** Throws BED_OPTION_UNKNOWN, BED_MESOS_REFUSED. */
export function parseStartOptions(argv: readonly string[]): StartOptions {
  const { masters = '1', mesos } = parse(argv, { masters: { type: 'string' }, mesos: { type: 'string' } })
  if (mesos !== undefined) throw faults.MESOS_REFUSED(mesos)
  if (!/^\d+$/.test(masters)) throw faults.OPTION_UNKNOWN(`--masters '${masters}' is not a number`)
  return { masters: Number(masters) }
}

/** Throws BED_OPTION_UNKNOWN. */
export function parseStatusOptions(argv: readonly string[]): { json: boolean } {
  const { json } = parse(argv, { json: { type: 'boolean' } })
  return { json: json === true }
}

function parse<const O extends Record<string, { type: 'string' | 'boolean' }>>(argv: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...argv], options }).values
  } catch (error) {
    throw faults.OPTION_UNKNOWN((error as Error).message)
  }
}

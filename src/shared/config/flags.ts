/**
 * Command-line flags as Go's package `flag` reads them, which the units and habits of 1.9 use: `-x v`, `-x=v`, `--x=v`; a bare
 * boolean flag means true and never takes the next argument; parsing ends at `--` or the first non-flag.
 */
import { parseDuration } from '../time/duration.ts'
import { faults } from './errors.ts'

export type FlagKind = 'string' | 'boolean' | 'integer' | 'duration'

interface FlagValue {
  string: string
  boolean: boolean
  integer: number
  /** ms */
  duration: number
}

export type FlagValues<F extends Record<string, FlagKind>> = { [Name in keyof F]?: FlagValue[F[Name]] }

const BOOLEANS: Record<string, boolean> = {
  '1': true, t: true, T: true, true: true, TRUE: true, True: true,
  '0': false, f: false, F: false, false: false, FALSE: false, False: false,
} // biome-ignore format: a table

/** Values of the flags that were given, and the arguments after them. Throws CONFIG_FLAG_*. */
export function parseFlags<const F extends Record<string, FlagKind>>(
  flags: F,
  argv: readonly string[],
): { values: FlagValues<F>; rest: string[] } {
  const values: Record<string, unknown> = {}
  let i = 0
  for (; i < argv.length; i++) {
    const argument = argv[i] ?? ''
    if (argument === '--') {
      i++
      break
    }
    const [, name, given] = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(argument) ?? []
    if (name === undefined) break
    // Not flags[name]: `-toString` would find what every object has.
    const kind = Object.hasOwn(flags, name) ? flags[name] : undefined
    if (!kind) {
      const known = Object.keys(flags).map(flag => `-${flag}`)
      throw faults.FLAG_UNKNOWN(`-${name}`, known.join(', '))
    }
    if (kind === 'boolean') {
      values[name] = parseValue(kind, `-${name}`, given ?? 'true')
      continue
    }
    const text = given ?? argv[++i]
    if (text === undefined) throw faults.FLAG_VALUE_MISSING(`-${name}`)
    values[name] = parseValue(kind, `-${name}`, text)
  }
  // Each name was set to a value of its own kind above.
  return { values: values as FlagValues<F>, rest: argv.slice(i) }
}

/** Go's strconv.ParseBool; undefined for anything else. */
export function parseGoBoolean(text: string): boolean | undefined {
  return Object.hasOwn(BOOLEANS, text) ? BOOLEANS[text] : undefined
}

function parseValue(kind: FlagKind, flag: string, text: string): string | boolean | number {
  if (kind === 'string') return text
  if (kind === 'boolean') {
    const value = parseGoBoolean(text)
    if (value === undefined) throw faults.FLAG_VALUE_INVALID(flag, text, 'true or false')
    return value
  }
  if (kind === 'integer') {
    const value = Number(text)
    if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(value))
      throw faults.FLAG_VALUE_INVALID(flag, text, 'an integer')
    return value
  }
  try {
    return parseDuration(text)
  } catch (error) {
    throw faults.FLAG_VALUE_INVALID(flag, text, 'a duration such as 5s or 1m30s').because(error)
  }
}

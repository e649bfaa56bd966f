/** Go's strconv, whose sentences are part of the errors of v1 and v2 (log 3, 7.1). Pure. */
import type { Fault } from '../shared/errors/fault.ts'

const RANGES = {
  ParseUint: { form: /^\d+$/, min: 0n, max: (1n << 64n) - 1n },
  Atoi: { form: /^[+-]?\d+$/, min: -(1n << 63n), max: (1n << 63n) - 1n },
} as const

/** Digits of the largest 64-bit number; a longer run must not become a huge bigint first. */
const DIGITS_MAX = 20

/** The number; 0 for an empty text. Throws `fault` with Go's sentence: `strconv.Atoi: parsing "x": invalid syntax`. */
export function parseGoInteger(text: string, parser: keyof typeof RANGES, fault: (why: string) => Fault): bigint {
  if (text === '') return 0n
  const { form, min, max } = RANGES[parser]
  const refused = (what: string) => fault(`strconv.${parser}: parsing ${JSON.stringify(text)}: ${what}`)
  if (!form.test(text)) throw refused('invalid syntax')
  const digits = text.replace(/^[+-]/, '').replace(/^0+(?=\d)/, '')
  if (digits.length > DIGITS_MAX) throw refused('value out of range')
  const value = text.startsWith('-') ? -BigInt(digits) : BigInt(digits)
  if (value < min || value > max) throw refused('value out of range')
  return value
}

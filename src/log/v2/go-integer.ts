/** Go's strconv, whose sentences are part of v2's errors (log 7.1). Pure. */

export type GoParser = 'ParseUint' | 'Atoi'

const RANGES: Record<GoParser, { form: RegExp; min: bigint; max: bigint }> = {
  ParseUint: { form: /^\d+$/, min: 0n, max: (1n << 64n) - 1n },
  Atoi: { form: /^[+-]?\d+$/, min: -(1n << 63n), max: (1n << 63n) - 1n },
}

/** Digits of the largest 64-bit number; a longer run must not become a huge bigint first. */
const DIGITS_MAX = 20

/** The number, or Go's sentence about why there is none: `strconv.Atoi: parsing "x": invalid syntax`. */
export function parseGoInteger(text: string, parser: GoParser): bigint | string {
  const { form, min, max } = RANGES[parser]
  const problem = (what: string) => `strconv.${parser}: parsing ${JSON.stringify(text)}: ${what}`
  if (!form.test(text)) return problem('invalid syntax')
  const digits = text.replace(/^[+-]/, '').replace(/^0+(?=\d)/, '')
  if (digits.length > DIGITS_MAX) return problem('value out of range')
  const value = text.startsWith('-') ? -BigInt(digits) : BigInt(digits)
  return value < min || value > max ? problem('value out of range') : value
}

/** Every value of config.yaml as the string that rules, templates and clients see (pkgpanda 5.6). Pure. */

/** What a value of config.yaml may be, as YAML gives it. */
export type YamlValue = string | number | bigint | boolean | null | YamlValue[] | { [key: string]: YamlValue }

export type Stringified = { text: string } | { problem: string }

/** Text stays, booleans become `true` or `false`, integers decimal, lists and maps JSON; null, fractions and dates are problems. */
export function stringify(value: unknown): Stringified {
  if (typeof value === 'string') return { text: value }
  if (typeof value === 'boolean' || typeof value === 'bigint') return { text: String(value) }
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value)) return { text: String(value) }
    return { problem: 'Must be text, a whole number, true, false, a list or a map; put a fraction in quotes.' }
  }
  if (value === null || value === undefined) {
    return { problem: "Must have a value; write '' for an empty text, or leave the key out." }
  }
  if (Array.isArray(value) || isPlainObject(value)) return { text: JSON.stringify(value) }
  return { problem: 'Must be text, a whole number, true, false, a list or a map.' }
}

function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}

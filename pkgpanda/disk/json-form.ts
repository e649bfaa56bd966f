/** The form of every JSON file that pkgpanda writes (pkgpanda 1.7): keys sorted, indented by two, no blank after the colon. */
import { compareIds } from '../package/package-id.ts'

/** Any JSON value → its text with a newline at the end. The same value gives the same bytes, whatever its key order. */
export function formatJson(value: unknown): string {
  return `${format(value, '')}\n`
}

function format(value: unknown, indent: string): string {
  const inner = `${indent}  `
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]'
    return `[\n${value.map(entry => inner + format(entry, inner)).join(',\n')}\n${indent}]`
  }
  if (typeof value === 'object' && value !== null) {
    const lines = Object.entries(value)
      .filter(([, entry]) => entry !== undefined)
      .sort(([left], [right]) => compareIds(left, right))
      .map(([key, entry]) => `${inner}${JSON.stringify(key)}:${format(entry, inner)}`)
    return lines.length === 0 ? '{}' : `{\n${lines.join(',\n')}\n${indent}}`
  }
  return JSON.stringify(value)
}

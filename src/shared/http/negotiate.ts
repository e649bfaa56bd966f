/** Choosing a content type by Accept (RFC 9110 12.5.1), with q-values, lists and wildcards. Pure. */

interface Range {
  type: string
  q: number
  /** A more specific range wins over a wildcard. */
  specificity: number
}

/** Longer headers are cut: nobody needs more, and parsing must be bounded. */
const ACCEPT_MAX_LENGTH = 2048

/**
 * The offered type the client likes best, the earlier offer on a tie; undefined when none is acceptable. An absent or empty header
 * accepts all.
 */
export function negotiate(accept: string | undefined, offered: readonly string[]): string | undefined {
  if (!accept?.trim()) return offered[0]
  const ranges = accept.slice(0, ACCEPT_MAX_LENGTH).split(',').map(parseRange)
  let best: { type: string; q: number } | undefined
  for (const type of offered) {
    const match = ranges
      .filter(range => matches(range.type, type))
      .reduce<Range | undefined>((a, b) => (a && a.specificity >= b.specificity ? a : b), undefined)
    if (match && match.q > 0 && (!best || match.q > best.q)) best = { type, q: match.q }
  }
  return best?.type
}

function parseRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map(part => part.trim().toLowerCase())
  const q = parameters.find(parameter => parameter.startsWith('q='))?.slice(2)
  const value = q === undefined ? 1 : Number(q)
  return {
    type,
    q: value >= 0 && value <= 1 ? value : 0,
    specificity: type === '*/*' ? 0 : type.endsWith('/*') ? 1 : 2,
  }
}

function matches(range: string, type: string): boolean {
  if (range === '*/*') return true
  return range.endsWith('/*') ? type.startsWith(range.slice(0, -1)) : range === type
}

/** Choosing a content type by Accept (RFC 9110 12.5.1), with q-values, lists and wildcards. Pure. */

/** One item of a list with weights (RFC 9110 12.4.2), in lower case. */
export interface Weighted {
  value: string
  /** 0 to 1; 0 for one that cannot be read. */
  q: number
}

interface Range extends Weighted {
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
  const ranges = parseWeighted(accept.slice(0, ACCEPT_MAX_LENGTH)).map(withSpecificity)
  let best: { type: string; q: number } | undefined
  for (const type of offered) {
    const match = ranges
      .filter(range => matches(range.value, type))
      .reduce<Range | undefined>((a, b) => (a && a.specificity >= b.specificity ? a : b), undefined)
    if (match && match.q > 0 && (!best || match.q > best.q)) best = { type, q: match.q }
  }
  return best?.type
}

/** `a;q=0.5, b` → its items in order. As long as the text is: the caller bounds it. */
export function parseWeighted(text: string): Weighted[] {
  return text.split(',').map(item => {
    const [value = '', ...parameters] = item.split(';').map(part => part.trim().toLowerCase())
    const q = parameters.find(parameter => parameter.startsWith('q='))?.slice(2)
    const weight = q === undefined ? 1 : Number(q)
    return { value, q: weight >= 0 && weight <= 1 ? weight : 0 }
  })
}

function withSpecificity(item: Weighted): Range {
  return { ...item, specificity: item.value === '*/*' ? 0 : item.value.endsWith('/*') ? 1 : 2 }
}

function matches(range: string, type: string): boolean {
  if (range === '*/*') return true
  return range.endsWith('/*') ? type.startsWith(range.slice(0, -1)) : range === type
}

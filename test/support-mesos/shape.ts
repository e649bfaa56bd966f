/** Compares two JSON documents by shape: keys and kinds of values, never the values. */

/** A difference that may be, by the path it shows at, with the reason. */
export type Allowances = Readonly<Record<string, string>>

/**
 * What `ours` has that no value at the same place of `recorded` has, and what all of `recorded` have that ours lacks:
 * sentences, empty when the shapes agree. Elements of an array are alternatives: a key may be missing in ours where it
 * is missing in one of them.
 */
export function compareShapes(ours: unknown, recorded: readonly unknown[], path = ''): string[] {
  const peers = recorded.filter(value => value !== undefined)
  if (peers.length === 0) return [`${path}: not in the recording`]
  if (!peers.some(peer => kindOf(peer) === kindOf(ours))) {
    return [`${path}: ${kindOf(ours)} instead of ${[...new Set(peers.map(kindOf))].join(' or ')}`]
  }
  if (Array.isArray(ours)) {
    const elements = peers.filter(Array.isArray).flat()
    if (elements.length === 0) return []
    return unique(ours.flatMap(element => compareShapes(element, elements, `${path}[]`)))
  }
  if (kindOf(ours) !== 'object') return []
  const ourEntries = ours as Record<string, unknown>
  const objects = peers.filter(peer => kindOf(peer) === 'object') as Record<string, unknown>[]
  const everywhere = Object.keys(objects[0] ?? {}).filter(key => objects.every(peer => Object.hasOwn(peer, key)))
  return unique([
    ...everywhere.filter(key => !Object.hasOwn(ourEntries, key)).map(key => `${path}.${key}: missing`),
    ...Object.entries(ourEntries).flatMap(([key, value]) =>
      compareShapes(
        value,
        objects.map(peer => peer[key]),
        `${path}.${key}`,
      ),
    ),
  ])
}

const unique = (sentences: string[]) => [...new Set(sentences)]

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

/**
 * Every number of a document's text that is spelled as a double (`4.0`) or an integer, by its path with `[]` for
 * elements.
 */
export function numberSpellings(text: string): Map<string, Set<'double' | 'integer'>> {
  const marked = text.replace(/("(?:[^"\\]|\\.)*")|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/g, (_, string, number) =>
    string !== undefined ? string : JSON.stringify(/[.eE]/.test(number) ? '\u0000double' : '\u0000integer'),
  )
  const found = new Map<string, Set<'double' | 'integer'>>()
  const visit = (value: unknown, path: string) => {
    if (value === '\u0000double' || value === '\u0000integer') {
      const spellings = found.get(path) ?? new Set()
      found.set(path, spellings.add(value === '\u0000double' ? 'double' : 'integer'))
    } else if (Array.isArray(value)) {
      for (const element of value) visit(element, `${path}[]`)
    } else if (value !== null && typeof value === 'object') {
      for (const [key, element] of Object.entries(value)) visit(element, `${path}.${key}`)
    }
  }
  visit(JSON.parse(marked), '')
  return found
}

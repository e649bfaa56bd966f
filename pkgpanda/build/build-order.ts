/** In which order packages are built, and what each depends on (pkgpanda 3.4). Pure. */
import { faults } from './errors.ts'

/**
 * Key → keys it requires, to keys with dependencies first: depth first over sorted keys, so that the order never depends on
 * anything else. Only `roots` and what they require. Throws BUILD_REQUIREMENT_UNKNOWN and BUILD_REQUIREMENT_CYCLE.
 */
export function orderPackages(
  requires: ReadonlyMap<string, readonly string[]>,
  roots: Iterable<string> = requires.keys(),
): string[] {
  const done = new Set<string>()
  const visit = (name: string, path: readonly string[]) => {
    if (done.has(name)) return
    if (path.includes(name)) throw faults.REQUIREMENT_CYCLE([...path.slice(path.indexOf(name)), name])
    for (const required of [...(requires.get(name) ?? [])].sort()) {
      if (!requires.has(required)) throw faults.REQUIREMENT_UNKNOWN(name, required)
      visit(required, [...path, name])
    }
    done.add(name)
  }
  for (const name of [...roots].sort()) visit(name, [])
  return [...done]
}

/** Everything `name` needs, directly or not, sorted, without itself. Only after orderPackages() found no cycle. */
export function dependenciesOf(name: string, requires: ReadonlyMap<string, readonly string[]>): string[] {
  const found = new Set<string>()
  const visit = (each: string) => {
    for (const required of requires.get(each) ?? []) {
      if (found.has(required)) continue
      found.add(required)
      visit(required)
    }
  }
  visit(name)
  return [...found].sort()
}

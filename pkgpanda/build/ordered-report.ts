/** Lines of work that runs at the same time, told in the order of a list: the first one's as they come, the others' when it is their turn. */

export interface OrderedReport {
  /** A line of `key`; dropped when `key` has ended. */
  line(key: string, text: string): void
  /** No more lines of `key`. */
  end(key: string): void
}

export function createOrderedReport(keys: readonly string[], report: (line: string) => void): OrderedReport {
  const order = [...keys]
  const held = new Map<string, string[]>(keys.map(key => [key, []]))
  const ended = new Set<string>()
  const flush = () => {
    for (let head = order[0]; head !== undefined; head = order[0]) {
      for (const text of held.get(head)?.splice(0) ?? []) report(text)
      if (!ended.has(head)) return
      order.shift()
    }
  }
  return {
    line(key, text) {
      if (ended.has(key)) return
      held.get(key)?.push(text)
      flush()
    },
    end(key) {
      ended.add(key)
      flush()
    },
  }
}

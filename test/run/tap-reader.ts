/**
 * Counts what a TAP 14 stream says, line by line, and keeps what failed. Only leaves count: a subtest's own line repeats
 * what its children said, unless it failed on its own (a plan not kept, a timeout). Pure.
 */

export interface TapCounts {
  passed: number
  failed: number
  skipped: number
}

export interface TapFailure {
  /** File, subtests and assertion, outermost first. */
  path: string[]
  /** Lines of the diagnostic block, without its fences. */
  diagnostic: string[]
}

/** A finished top-level subtest: a test file. */
export interface TapFile {
  name: string
  ok: boolean
  /** As tap prints it, e.g. `258.201ms`; empty when it is missing. */
  took: string
}

/** One open level of subtests. */
interface Level {
  name: string
  /** Points and failures since this level's parent had its last point. */
  points: number
  failures: number
}

/** Four blanks a level, as the specification has it. */
const INDENT = 4
const POINT = /^(not )?ok\b(?: \d+)?(?: - )?(.*)$/

export class TapReader {
  readonly counts: TapCounts = { passed: 0, failed: 0, skipped: 0 }
  readonly failures: TapFailure[] = []
  #levels: Level[] = []
  /** The fence of the diagnostic block one is in, and where its lines go. */
  #block: { end: string; lines: string[] } | undefined
  /** Gets the diagnostic block that follows, if the last point failed. */
  #last: TapFailure | undefined

  /** Takes one line without its end. Gives a test file when the line completes one. */
  line(text: string): TapFile | undefined {
    const content = text.trimStart()
    const indent = text.slice(0, text.length - content.length)
    if (this.#block) {
      if (text === this.#block.end) this.#block = undefined
      else this.#block.lines.push(text)
      return undefined
    }
    if (content === '---') {
      this.#block = { end: `${indent}...`, lines: this.#last?.diagnostic ?? [] }
      return undefined
    }
    const depth = Math.floor(indent.length / INDENT)
    if (content.startsWith('# Subtest: ')) this.#level(depth).name = content.slice('# Subtest: '.length)
    else if (content.startsWith('Bail out!')) this.#fail([content])
    else if (content === '}') this.#close(depth)
    const match = POINT.exec(content)
    return match ? this.#point(depth, match[1] === undefined, match[2] ?? '') : undefined
  }

  #point(depth: number, ok: boolean, rest: string): TapFile | undefined {
    const name = rest.replace(/ \{$/, '').replace(/ # (time=|SKIP|TODO).*$/i, '')
    // A subtest that came out buffered: its line first, then its children and a brace. They count, it does not.
    if (rest.endsWith(' {')) {
      this.#level(depth).name = name
      return undefined
    }
    const level = this.#level(depth)
    const children = this.#levels[depth + 1] ?? { points: 0, failures: 0 }
    this.#levels.length = depth + 1
    this.#last = undefined
    level.points++
    if (/ # (SKIP|TODO)\b/i.test(rest)) this.counts.skipped++
    else if (ok && children.points === 0) this.counts.passed++
    else if (!ok && children.failures === 0) this.#fail([...this.#levels.slice(0, depth).map(l => l.name), name])
    if (!ok) level.failures++
    return depth === 0 ? { name, ok, took: / # time=(\S+)/.exec(rest)?.[1] ?? '' } : undefined
  }

  /** Ends a buffered subtest: what comes now on its level has no children yet. */
  #close(depth: number): void {
    this.#level(depth).failures += this.#levels[depth + 1]?.failures ?? 0
    this.#levels.length = depth + 1
  }

  #fail(path: string[]): void {
    this.counts.failed++
    this.#last = { path, diagnostic: [] }
    this.failures.push(this.#last)
  }

  #level(depth: number): Level {
    while (this.#levels.length <= depth) this.#levels.push({ name: '', points: 0, failures: 0 })
    return this.#levels[depth]!
  }
}

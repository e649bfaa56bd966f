/**
 * How large a regular expression gets when it is compiled, told from its text (RE2 syntax), since the engine has no limit before the
 * work is done: `((ab){1000}){1000}` is short, and its program is not. Pure.
 */

/** `(?:`, `(?i:`, `(?<name>`, `(?P<name>`, `(`; `(?i)` opens nothing. */
const OPENING = /\((?:\?(?:P?<[^>]*>|[A-Za-z-]*[:)]))?/y
const CLASS = /\[\^?\]?(?:\[:\^?\w+:\]|\\.|[^\]\\])*\]?/sy
const QUOTED = /\\Q(.*?)(?:\\E|$)/sy
const ESCAPE = /\\(?:[xpP]\{[^}]*\}|.)/sy
const COUNT = /\{(\d+)(?:(,)(\d*))?\}/y

/** What stands in one pair of parentheses: instructions of what a quantifier would repeat, and those before it. */
interface Group {
  before: number
  last: number
}

/** Its two instructions, and one where it is empty; the latter alone where nothing is to be captured. */
const GROUP_SIZE = 3
const PLAIN_GROUP_SIZE = 1
const BRANCH_SIZE = 2
/** Two, where what is repeated may be empty. */
const LOOP_SIZE = 2
/** One of Unicode's sets (`\pL`) is one instruction, but to put it into a class takes as long as many. */
const TABLE_SIZE = 16

/** The engine refuses more, and numbers stay finite for longer. */
const COUNT_MAX = 1001

/**
 * At least the number of instructions that the engine makes of `pattern`; Infinity above what a number holds. What is no
 * regular expression has some number, too.
 */
export function regexSize(pattern: string): number {
  // What holds the groups is as large as one, by what begins and ends a program.
  let group: Group = { before: GROUP_SIZE, last: 0 }
  const outer: Group[] = []
  let at = 0

  const taken = (form: RegExp): RegExpExecArray | null => {
    form.lastIndex = at
    const found = form.exec(pattern)
    if (found) at += found[0].length
    return found
  }
  const add = (size: number) => {
    group = { before: group.before + group.last, last: size }
  }
  const repeat = (least: number, most: number | undefined) => {
    const { last } = group
    group.last = last * Math.max(least, 1) + LOOP_SIZE
    if (most !== undefined && most > least) group.last += (last + 1) * (most - least)
  }

  while (at < pattern.length) {
    const opening = taken(OPENING)
    if (opening) {
      if (opening[0].endsWith(')')) continue
      outer.push(group)
      group = { before: opening[0].endsWith(':') ? PLAIN_GROUP_SIZE : GROUP_SIZE, last: 0 }
      continue
    }
    const quoted = taken(QUOTED)
    if (quoted) {
      for (const _ of quoted[1] ?? '') add(1)
      continue
    }
    const set = taken(CLASS) ?? taken(ESCAPE)
    if (set) {
      add(1 + TABLE_SIZE * (set[0].split(/\\p/i).length - 1))
      continue
    }
    const count = taken(COUNT)
    if (count) {
      const [least, most] = [count[1], count[3]].map(digits =>
        digits ? Math.min(Number(digits), COUNT_MAX) : undefined,
      )
      repeat(least ?? 0, most)
      continue
    }
    const character = pattern[at++]
    if (character === '|') add(BRANCH_SIZE)
    else if (character === ')') {
      const { before, last } = group
      group = outer.pop() ?? { before: GROUP_SIZE, last: 0 }
      add(before + last)
    } else if (character === '*' || character === '+' || character === '?') repeat(1, undefined)
    else add(1)
  }
  return [...outer, group].reduce((sum, { before, last }) => sum + before + last, 0)
}

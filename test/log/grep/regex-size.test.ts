// A regular expression's size is known before it is compiled, and never below what the engine then makes of it.
import fc from 'fast-check'
import { RE2JS } from 're2js'
import t from 'tap'
import { regexSize } from '../../../src/log/grep/regex-size.ts'

/** The engine's own number; undefined for what it refuses. */
function programSize(pattern: string): number | undefined {
  try {
    return RE2JS.compile(pattern).programSize()
  } catch {
    return undefined
  }
}

const rows: [pattern: string, atMost: number][] = [
  ['', 3],
  ['connection refused', 21],
  ['(?i)timed out|refused', 21],
  ['^(\\d+)\\.(?P<rest>\\d+)\\s+[^\\]]+$', 32],
  ['x{400}', 405],
  ['(?:[[:alpha:]]+[]x{9}]\\x{20ac}\\pL\\p{Greek}){2}', 95],
  ['\\Qa{900}\\E', 10],
  ['a{,900}', 10],
]
for (const [pattern, atMost] of rows) {
  t.test(`${JSON.stringify(pattern)}: near the size of its program`, async t => {
    const size = regexSize(pattern)
    t.ok(size <= atMost, `${size} is not more than ${atMost}`)
    t.ok(size >= (programSize(pattern) ?? Number.NaN))
  })
}

t.test('short texts of large programs are told without making them', async t => {
  t.ok(regexSize(`(${'(ab)'.repeat(120)}){1000}`) > 240_000)
  t.ok(regexSize('((((((x{1000}){1000}){1000}){1000}){1000}){1000}){1000}') > 1e20)
  t.equal(regexSize(`${'('.repeat(150)}x${'{1000})'.repeat(150)}`), Number.POSITIVE_INFINITY)
  t.ok(regexSize(`(?i)[${'\\pL'.repeat(100)}]`) > 1600, 'sets that take long to add up')
  t.ok(regexSize(`{${'9'.repeat(400)}}`) >= 0, 'a count of nothing is a number all the same')
})

const atom = fc.constantFrom(
  ...[
    'a',
    'b',
    '.',
    '^',
    '$',
    ' ',
    '-',
    '{',
    '}',
    ']',
    '~',
    'é',
    '😀',
    '\\d',
    '\\b',
    '\\B',
    '\\A',
    '\\z',
    '\\.',
    '\\x41',
  ],
  ...[
    '\\x{10FFFF}',
    '\\pL',
    '\\PN',
    '\\p{Greek}',
    '\\p{^Lu}',
    '\\Qa+\\E',
    '\\Q\\E',
    '[a-c]',
    '[^]a]',
    '[[:alpha:]x]',
    '[\\]\\\\]',
  ],
  ...['[]a]', '[^\\x00-\\x{10FFFF}]', '(?i)', '(?s-m)', '{,2}', '{2', '()', '(|)', '(?:)', '\\n', '\\123', 'k', 'ſ'],
)
const quantifier = fc.constantFrom(
  '',
  '',
  '',
  '*',
  '+',
  '?',
  '*?',
  '+?',
  '??',
  '{0}',
  '{1}',
  '{2}',
  '{3,}',
  '{0,3}',
  '{1,4}?',
  '{2,2}',
)
const { pattern } = fc.letrec<{ pattern: string; piece: string; group: string }>(tie => ({
  group: fc
    .tuple(fc.constantFrom('(', '(?:', '(?i:', '(?P<n>', '(?<m>', '(?-s:'), tie('pattern'))
    .map(([open, inner]) => `${open}${inner})`),
  piece: fc.tuple(fc.oneof({ weight: 3, arbitrary: atom }, tie('group')), quantifier).map(parts => parts.join('')),
  pattern: fc
    .array(
      fc.array(tie('piece'), { maxLength: 4 }).map(parts => parts.join('')),
      { minLength: 1, maxLength: 3 },
    )
    .map(branches => branches.join('|')),
}))

t.test('never below the size of the program, for what the engine takes', async t => {
  let compiled = 0
  const holds = (given: string) => {
    const wanted = programSize(given)
    if (wanted !== undefined) compiled++
    return wanted === undefined || regexSize(given) >= wanted
  }
  fc.assert(fc.property(pattern, holds), { numRuns: 4000 })
  fc.assert(
    fc.property(
      fc.array(fc.oneof(atom, quantifier, fc.constantFrom('(', ')', '|', '['))).map(parts => parts.join('')),
      holds,
    ),
    {
      numRuns: 4000,
    },
  )
  t.ok(compiled > 2000, `${compiled} of them are regular expressions`)
})

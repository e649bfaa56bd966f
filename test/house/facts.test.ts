/** Every fact of the contract of pkgpanda (section 6) is proven by a test that names it, and no test names one that is not there. */
import t from 'tap'
import { projectFiles, readProjectFile } from './project-files.ts'

/** `fact 7`, `facts 1 and 2`, `facts 38, 39`, `facts 41–43` → numbers. Pure. */
export function factsNamed(text: string): number[] {
  return [...text.matchAll(/\bfacts? (\d+(?:(?:, | and |–)\d+)*)/g)].flatMap(([, list = '']) =>
    list.split(/, | and /).flatMap(part => {
      const [first = Number.NaN, last = first] = part.split('–').map(Number)
      return Array.from({ length: last - first + 1 }, (_, index) => first + index)
    }),
  )
}

t.test('what counts as naming a fact', async t => {
  const cases: [string, number[]][] = [
    ['fact 7', [7]],
    ['facts 1 and 2', [1, 2]],
    ['facts 38, 39 and 41–43: x', [38, 39, 41, 42, 43]],
    ['artifact 7', []],
    ['fact', []],
  ]
  for (const [text, numbers] of cases) t.strictSame(factsNamed(text), numbers, text)
})

t.test('facts of pkgpanda 6 ↔ tests', async t => {
  const contract = readProjectFile('docs/contracts/pkgpanda.md')
  const section = contract.slice(contract.indexOf('## 6. Facts'), contract.indexOf('## 7.'))
  const listed = [...section.matchAll(/^\| (\d+) \|/gm)].map(([, number]) => Number(number))
  t.strictSame(
    listed,
    Array.from({ length: listed.length }, (_, index) => index + 1),
    'numbered without a gap',
  )
  const tests = projectFiles('test/**/*.test.ts').filter(path => path !== 'test/house/facts.test.ts')
  const named = new Map<number, string[]>()
  for (const path of tests) {
    for (const number of factsNamed(readProjectFile(path))) named.set(number, [...(named.get(number) ?? []), path])
  }
  t.strictSame(
    listed.filter(number => !named.has(number)),
    [],
    'each is proven by a test that names it',
  )
  t.strictSame([...named.keys()].filter(number => !listed.includes(number)).sort(), [], 'no test names another')
})

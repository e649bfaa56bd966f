/** docs/ERRORS.md and the registries agree, codes are unique, remedies are sentences. `npm run golden` writes the page. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { type FaultDefinition, type FaultRegistry, registryOf } from '../../src/shared/errors/fault.ts'
import {
  describeMessage,
  type FoundRegistry,
  formatErrorPage,
  parametersOf,
  registryTroubles,
  unusedFaults,
} from './error-page.ts'
import { projectFiles, ROOT, readProjectFile } from './project-files.ts'

const PAGE = 'docs/ERRORS.md'
const SOURCES = projectFiles('src/**/*.ts', 'pkgpanda/**/*.ts')

t.test('what the page says of a fault', async t => {
  t.equal(
    describeMessage((field: string) => `${field} is not allowed`),
    '<field> is not allowed',
  )
  t.equal(
    describeMessage((ids: string[]) => `missing: ${ids.map(id => `'${id}'`).join(', ')}`),
    'missing: <ids>',
  )
  t.equal(
    describeMessage((sizeBytes: number, file: string) => `${file} of ${sizeBytes} bytes`),
    '<file> of <sizeBytes> bytes',
  )
  t.equal(
    describeMessage(() => 'nothing to fill in'),
    'nothing to fill in',
  )
  t.strictSame(parametersOf("(a, b = 'x', ...rest) => 1"), ['a', 'b', 'rest'])
  const page = formatErrorPage([
    registry('B', { ONE: { status: 400, message: () => 'one', remedy: 'Do a | b.', contract: 'log 1' } }),
    registry('A', { TWO: { status: 500, message: () => 'two', remedy: 'Do two things.' } }),
  ])
  t.match(page, '| `B_ONE` | one | Do a \\| b. | log 1 |')
  t.ok(page.indexOf('## A') < page.indexOf('## B'), 'grouped by prefix')
})

t.test('troubles that would be noticed', async t => {
  const good: FaultDefinition<[]> = { status: 400, message: () => 'it failed', remedy: 'Do it again.' }
  t.strictSame(registryTroubles([registry('A', { GOOD: good })]), [])
  const cases: readonly [string, FoundRegistry[], RegExp][] = [
    ['a code twice', [registry('A', { B: good }), registry('A', { B: good })], /A_B is in a\.ts and in a\.ts/],
    ['the same code out of two prefixes', [registry('A', { B_C: good }), registry('A_B', { C: good })], /A_B_C is in/],
    ['no remedy', [registry('A', { B: { ...good, remedy: '' } })], /no sentence/],
    ['a word for a remedy', [registry('A', { B: { ...good, remedy: 'Retry.' } })], /no sentence/],
    ['a remedy without an end', [registry('A', { B: { ...good, remedy: 'Do it again' } })], /no sentence/],
    ['small letters', [registry('a', { b: good })], /capitals/],
    ['a status of success', [registry('A', { B: { ...good, status: 200 } })], /no status/],
    ['an empty message', [registry('A', { B: { ...good, message: () => '' } })], /reads ''/],
  ]
  for (const [what, registries, trouble] of cases) t.match(registryTroubles(registries), [trouble], what)
  const both = registry('A', { USED: good, UNUSED: good })
  t.strictSame(unusedFaults([both], ['throw faults.USED()', 'x']), ['A_UNUSED'])
})

t.test(`the product's registries and ${PAGE}`, async t => {
  const registries = await foundRegistries()
  t.ok(registries.length >= 18, `${registries.length} registries were found`)
  t.strictSame(registryTroubles(registries), [])
  t.strictSame(unusedFaults(registries, SOURCES.map(readProjectFile)), [], 'every fault is made somewhere')
  const page = formatErrorPage(registries)
  if (process.env.GOLDEN) writeFileSync(join(ROOT, PAGE), page)
  t.equal(readProjectFile(PAGE), page, `${PAGE} is what npm run golden writes`)
})

/** Those of src/ and pkgpanda/; what only tests throw is no business of an operator. */
async function foundRegistries(): Promise<FoundRegistry[]> {
  const found: FoundRegistry[] = []
  for (const path of SOURCES) {
    if (!/^export const \w+ = defineFaults\(/m.test(readProjectFile(path))) continue
    const module: Record<string, unknown> = await import(join(ROOT, path))
    for (const value of Object.values(module)) {
      const table = registryIn(value)
      if (table) found.push({ ...table, path })
    }
  }
  return found
}

function registryIn(value: unknown): FaultRegistry | undefined {
  try {
    return typeof value === 'object' && value !== null ? registryOf(value) : undefined
  } catch {
    return undefined
  }
}

function registry(prefix: string, definitions: FaultRegistry['definitions']): FoundRegistry {
  return { prefix, definitions, path: `${prefix.toLowerCase()}.ts` }
}

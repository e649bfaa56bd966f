// Paths as the router of 1.9 cleaned them (log 2).
import t from 'tap'
import { cleanPath } from '../../src/log/clean-path.ts'

const cases = [
  ['/', '/'],
  ['/range/', '/range/'],
  ['/range', '/range'],
  ['/range//', '/range/'],
  ['//range/', '/range/'],
  ['/range/./', '/range/'],
  ['/range/.', '/range'],
  ['/range/../range/', '/range/'],
  ['/../..', '/'],
  ['/a/b/../../c', '/c'],
  ['//example.com/..', '/'],
  ['/a.b/..c/', '/a.b/..c/'],
] as const

for (const [given, wanted] of cases) {
  t.test(`${given} → ${wanted}`, async t => {
    t.equal(cleanPath(given), wanted)
  })
}

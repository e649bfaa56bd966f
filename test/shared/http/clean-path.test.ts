// Paths as the Go router of 1.9 cleaned them (log 2, metrics 2).
import t from 'tap'
import { cleanPath, cleanPathRedirect } from '../../../src/shared/http/clean-path.ts'

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

const redirects = [
  { what: 'a clean path stays', path: '/range/', rawQuery: 'limit=1', location: undefined },
  { what: 'the query goes along', path: '/range//', rawQuery: 'limit=1', location: '/range/?limit=1' },
  { what: 'what was escaped is again', path: '//a b?c#d', rawQuery: '', location: '/a%20b%3Fc%23d' },
  { what: 'no other host', path: '//example.com/x/..', rawQuery: '', location: '/example.com' },
  { what: 'nor one that browsers see', path: '/\\example.com/.', rawQuery: '', location: '/%5Cexample.com' },
]

for (const { what, path, rawQuery, location } of redirects) {
  t.test(what, async t => {
    t.same(cleanPathRedirect({ path, rawQuery }), location && { status: 301, headers: { Location: location } })
  })
}

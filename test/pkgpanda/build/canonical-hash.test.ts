import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { canonicalHash, type Hashable, versionOf } from '../../../pkgpanda/build/canonical-hash.ts'
import { folderDigests, folderHash } from '../../../pkgpanda/build/folder-hash.ts'

const EMPTY = 'da39a3ee5e6b4b0d3255bfef95601890afd80709'
const AB = '0421aff1ede93c890870a448b6fcfe3b0079f5ec'

// The table of pkgpanda 3.3.
const vectors: { value: Hashable; hash: string }[] = [
  { value: '', hash: EMPTY },
  { value: [], hash: EMPTY },
  { value: {}, hash: EMPTY },
  { value: 'foo', hash: '0beec7b5ea3f0fdbc95d0dd47f3c5bc275da8a33' },
  { value: 0, hash: 'b6589fc6ab0dc82cf12099d1c2d40ab994e8410c' },
  { value: 1, hash: '356a192b7913b04c54574d18c28d46e6395428ab' },
  { value: 42, hash: '92cfceb39d57d914ed8b14d0e37643de0797ae56' },
  { value: 42n, hash: '92cfceb39d57d914ed8b14d0e37643de0797ae56' },
  { value: true, hash: '88b33e4e12f75ac8bf792aebde41f1a090f3a612' },
  { value: false, hash: '97cdbdc7feff827efb082a6b6dd2727237cd49fd' },
  { value: ['a', 'b'], hash: AB },
  { value: ['b', 'a'], hash: AB },
  { value: { a: 'b' }, hash: 'b9a56f5fe137206360c62f6e5c12892a0b27b6d0' },
  { value: { b: 1, a: ['x'] }, hash: '5c514d22bbe9f8e8ed1790ccf1de008647714d54' },
  { value: ['mesos--0.22.0', 'mesos-config--justmesos'], hash: '081081f0bbe1c35fe3517e1650e793b1198eaba4' },
]

for (const { value, hash } of vectors) {
  t.test(`pkgpanda 3.3, hash of ${typeof value === 'bigint' ? '42n' : JSON.stringify(value)}`, async t => {
    t.equal(canonicalHash(value, 'sha1'), hash)
  })
}

const refused: { what: string; value: unknown; message: RegExp }[] = [
  { what: 'null', value: null, message: /the value is null/ },
  { what: 'undefined', value: { a: undefined }, message: /^a is undefined/ },
  { what: 'a fraction deep inside', value: { a: [1, { b: 0.5 }] }, message: /^a\[1\]\.b is the fraction 0\.5/ },
]

for (const { what, value, message } of refused) {
  t.test(`pkgpanda 3.3, no hash of ${what}`, async t => {
    t.throws(() => canonicalHash(value as Hashable, 'sha1'), { code: 'BUILD_VALUE_NOT_HASHABLE', message })
  })
}

t.test('pkgpanda 3.3, keys beyond U+FFFF sort by code point, as in Python', async t => {
  // U+FF5A sorts after U+1F600 by UTF-16 unit, before it by code point.
  const ordered = `${canonicalHash('\uff5a', 'sha1')},${canonicalHash('\u{1f600}', 'sha1')}`
  t.equal(canonicalHash(['\u{1f600}', '\uff5a'], 'sha1'), canonicalHash(ordered, 'sha1'))
})

t.test('a version is sha256 cut to 40 digits', async t => {
  t.equal(versionOf({ a: 'b' }), canonicalHash({ a: 'b' }, 'sha256').slice(0, 40))
  t.match(versionOf([]), /^[0-9a-f]{40}$/)
})

t.test('pkgpanda 6 fact 57, digests of a folder', async t => {
  const folder = t.testdir({})
  t.strictSame(await folderDigests(folder, 'sha1'), {}, 'an empty folder has none')
  mkdirSync(join(folder, 'baz'))
  t.strictSame(await folderDigests(folder, 'sha1'), { baz: '' }, 'an empty folder inside counts')
  mkdirSync(join(folder, 'baz/deeper'))
  writeFileSync(join(folder, 'foo'), 'foo contents')
  t.strictSame(
    await folderDigests(folder, 'sha1'),
    { 'baz/deeper': '', foo: '8a44735524900cdc94460b8999b581836535470e' },
    'of nested empty ones only the deepest',
  )
  t.equal(
    await folderHash(folder, 'sha1'),
    canonicalHash({ foo: '8a44735524900cdc94460b8999b581836535470e', 'baz/deeper': '' }, 'sha1'),
  )
})

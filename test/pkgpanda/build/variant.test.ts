import t from 'tap'
import {
  decodeVariant,
  encodeVariant,
  formatVariant,
  packageKey,
  variantFile,
  variantPrefix,
  variantsOf,
} from '../../../pkgpanda/build/variant.ts'

t.test('fact 52: the default variant is null in JSON, has no prefix and is shown as <default>', async t => {
  t.equal(encodeVariant(''), null)
  t.equal(decodeVariant(null), '')
  t.equal(decodeVariant(undefined), '')
  t.equal(encodeVariant('test'), 'test')
  t.equal(decodeVariant('test'), 'test')
  t.equal(variantPrefix(''), '')
  t.equal(variantPrefix('test'), 'test.')
  t.equal(formatVariant(''), '<default>')
  t.equal(formatVariant('test'), 'test')
})

t.test('files and keys of variants', async t => {
  t.equal(variantFile('complete/complete.latest.json', 'test'), 'complete/test.complete.latest.json')
  t.equal(variantFile('bootstrap.latest', ''), 'bootstrap.latest')
  t.equal(packageKey({ name: 'nodejs', variant: '' }), 'nodejs')
  t.equal(packageKey({ name: 'nodejs', variant: 'debug' }), 'nodejs (debug)')
  const names = [
    'test.buildinfo.json',
    'build',
    'buildinfo.json',
    'a.b.buildinfo.json',
    'xbuildinfo.json',
    'ee.buildinfo.json',
  ]
  t.strictSame(variantsOf(names, 'buildinfo.json'), ['', 'ee', 'test'], 'a name with a dot is none')
  t.strictSame(variantsOf([], 'buildinfo.json'), [])
})

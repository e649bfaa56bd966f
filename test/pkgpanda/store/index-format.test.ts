/** index.json: what is written is read back the same, anything else is refused with the reader's own fault. */
import t from 'tap'
import { faults } from '../../../pkgpanda/errors.ts'
import { formatIndex, parseIndex } from '../../../pkgpanda/store/index-format.ts'

const HEX = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' // sha256 of 'abc'
const malformed = (why: string) => faults.INDEX_MALFORMED('r/index.json', why)

t.test('sorted, one line a file, read back the same', async t => {
  const text = formatIndex(
    new Map([
      ['packages/b', { sha256: HEX, sizeBytes: 2 }],
      ['bootstrap/a', { sha256: HEX, sizeBytes: 1 }],
    ]),
  )
  t.strictSame(JSON.parse(text), {
    version: 1,
    files: { 'bootstrap/a': { sha256: HEX, sizeBytes: 1 }, 'packages/b': { sha256: HEX, sizeBytes: 2 } },
  })
  t.ok(text.indexOf('bootstrap/a') < text.indexOf('packages/b'))
  t.equal(formatIndex(parseIndex(text, malformed)), text)
  t.strictSame(JSON.parse(formatIndex(new Map())), { version: 1, files: {} })
})

t.test('refused', async t => {
  const cases = {
    nothing: '',
    'not JSON': '{',
    'not an object': 'null',
    'no version': '{}',
    'another version': '{"version":2,"files":{}}',
    'no files': '{"version":1}',
    'files that are null': '{"version":1,"files":null}',
    'files that are a list': '{"version":1,"files":[]}',
    'an entry that is null': '{"version":1,"files":{"a":null}}',
    'a digest too short': '{"version":1,"files":{"a":{"sha256":"ab","sizeBytes":1}}}',
    'a size below zero': `{"version":1,"files":{"a":{"sha256":"${HEX}","sizeBytes":-1}}}`,
  }
  for (const [what, text] of Object.entries(cases)) {
    t.throws(() => parseIndex(text, malformed), { code: 'PKGPANDA_INDEX_MALFORMED', message: /r\/index\.json/ }, what)
  }
})

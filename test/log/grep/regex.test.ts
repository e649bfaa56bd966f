// What a client's regular expression finds, what is refused, and what one of them may cost.
import { RE2JS } from 're2js'
import t from 'tap'
import { checkPattern, compileRegex } from '../../../src/log/grep/regex.ts'

const found = [
  { pattern: 'refused', value: 'connection refused by peer' },
  { pattern: '(?i)REFUSED', value: 'connection refused' },
  { pattern: '^(GET|POST) /v[12]/', value: 'GET /v1/range/' },
  { pattern: 'status=5\\d\\d$', value: 'status=503' },
  { pattern: 'größe: \\pL+', value: 'größe: ∞ größe: groß' },
  { pattern: '^.$', value: '😀' },
  { pattern: '^$', value: '' },
  { pattern: 'a\\x00b', value: 'a\0b' },
  { pattern: '(?m)^second$', value: 'first\nsecond\nthird' },
  { pattern: '(?P<level>err|warn)or', value: 'an error' },
]
for (const { pattern, value } of found) {
  t.test(`'${pattern}' is found in ${JSON.stringify(value)}`, async t => {
    t.equal((await compileRegex(pattern)).test(Buffer.from(value)), true)
  })
}

const missing = [
  { pattern: 'REFUSED', value: 'connection refused' },
  { pattern: '^refused', value: 'connection refused' },
  { pattern: '^second$', value: 'first\nsecond\nthird' },
  { pattern: 'first.second', value: 'first\nsecond' },
]
for (const { pattern, value } of missing) {
  t.test(`'${pattern}' is not found in ${JSON.stringify(value)}`, async t => {
    t.equal((await compileRegex(pattern)).test(Buffer.from(value)), false)
  })
}

const refused = [
  { pattern: 'a(b', code: 'LOG_FILTER_REGEX_INVALID', message: /missing closing \): `a\(b`/ },
  { pattern: '[z-a]', code: 'LOG_FILTER_REGEX_INVALID', message: /invalid character class range/ },
  { pattern: '(?<=a)b', code: 'LOG_FILTER_REGEX_INVALID', message: /\(\?<=a\)b/ },
  { pattern: '(a)\\1', code: 'LOG_FILTER_REGEX_INVALID', message: /invalid escape sequence/ },
  { pattern: 'x'.repeat(513), code: 'LOG_FILTER_REGEX_TOO_LONG', message: /512/ },
  { pattern: '((ab){50}){50}', code: 'LOG_FILTER_REGEX_TOO_LARGE', message: /\(\(ab\)\{50\}\)\{50\} is too large/ },
  { pattern: `{${'9'.repeat(400)}}{2}{`, code: 'LOG_FILTER_REGEX_INVALID', message: /invalid repeat count/ },
]
for (const { pattern, code, message } of refused) {
  t.test(`${pattern.slice(0, 20)} is refused as ${code}`, async t => {
    await t.rejects(compileRegex(pattern), { code, status: 400, message })
  })
}

t.test('an expression as large as it may be passes without the engine', async t => {
  t.doesNotThrow(() => checkPattern('x{990}'))
  t.doesNotThrow(() => checkPattern('x'.repeat(512)))
})

t.test('bytes that are not UTF-8 are read as U+FFFD', async t => {
  const bytes = Buffer.from([0x61, 0xff, 0x62])
  t.equal((await compileRegex('a\\x{FFFD}b')).test(bytes), true)
  t.equal((await compileRegex('^a.b$')).test(new Uint8Array(bytes)), true)
})

t.test('of a long value its beginning is looked at: less of it the larger the expression', async t => {
  const at = (bytes: number) => Buffer.from(`${'x'.repeat(bytes)}needle`)
  const small = await compileRegex('needle')
  t.equal(small.test(at(64 * 1024 - 6)), true)
  t.equal(small.test(at(64 * 1024 - 5)), false)
  const large = await compileRegex('needle|y{900}')
  t.equal(large.test(at(4000)), true)
  t.equal(large.test(at(5000)), false)
  const view = at(10).subarray(5)
  t.equal(small.test(view.subarray(0, 10)), false, 'nothing beyond the value is looked at')
})

t.test('the memory of an engine that remembers is what was set', async t => {
  const seen: { stateBudget: number; memBudget: number }[] = []
  const compile = t.captureFn((pattern: string) => {
    const compiled = original(pattern)
    seen.push(compiled.re2Input.dfa)
    return compiled
  })
  const original = RE2JS.compile.bind(RE2JS)
  t.intercept(RE2JS, 'compile', { value: compile })
  const regex = await compileRegex('[ab]*a[ab]{200}$', 4)
  t.equal(seen[0]?.stateBudget, 256 * 1024)
  regex.test(Buffer.from('ab'.repeat(2000)))
  t.ok((seen[0]?.memBudget ?? Number.NaN) < 256 * 1024, 'and it is counted')
})

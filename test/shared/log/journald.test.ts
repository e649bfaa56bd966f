import t from 'tap'
import { defineFaults } from '../../../src/shared/errors/fault.ts'
import { createLog, errorFields, formatLine, type LogFields } from '../../../src/shared/log/journald.ts'

const cases: { what: string; sentence: string; fields?: LogFields; line: string }[] = [
  { what: 'a sentence', sentence: 'ready', line: '<6>ready\n' },
  {
    what: 'fields of every kind',
    sentence: 'went on',
    fields: { path: '/x y', took_s: 0.42, big: 18446744073709551615n, well: true, none: undefined },
    line: "<6>went on path='/x y' took_s=0.42 big=18446744073709551615 well=true\n",
  },
  { what: 'a newline cannot begin a line of its own', sentence: 'a\n<0>b', line: '<6>a\\n<0>b\n' },
  {
    what: 'control characters and line separators',
    sentence: 'x',
    fields: { a: '\x1b[31m\0\r\u2028\x7f' },
    line: "<6>x a='\\x1b[31m\\x00\\x0d\\x2028\\x7f'\n",
  },
  { what: 'a quote cannot end its field', sentence: 'x', fields: { a: "b' c='d" }, line: "<6>x a='b\\' c=\\'d'\n" },
  {
    what: 'neither can a backslash before it',
    sentence: 'x',
    fields: { a: "b\\' c='d" },
    line: "<6>x a='b\\\\\\' c=\\'d'\n",
  },
]

for (const { what, sentence, fields, line } of cases) {
  t.test(`formatLine: ${what}`, async t => void t.equal(formatLine(6, sentence, fields), line))
}

t.test('a line is cut to what journald takes whole, in bytes', async t => {
  for (const letter of ['x', 'ü']) {
    const line = formatLine(4, letter.repeat(60_000))
    t.ok(Buffer.byteLength(line) <= 48 * 1024, `${Buffer.byteLength(line)} bytes`)
    t.ok(Buffer.byteLength(line) > 48 * 1024 - 16)
    t.ok(line.endsWith('…\n'))
    t.notMatch(line, '\ufffd')
  }
})

t.test('levels, and debug only when asked for', async t => {
  for (const [debug, expected] of [
    [false, ['<3>e\n', '<4>w\n', '<6>i\n']],
    [true, ['<3>e\n', '<4>w\n', '<6>i\n', '<7>d\n']],
  ] as const) {
    const lines: string[] = []
    const log = createLog({ debug, write: line => lines.push(line) })
    log.error('e')
    log.warning('w')
    log.info('i')
    log.debug('d')
    t.same(lines, expected)
  }
})

t.test('a stderr that is gone does not stop anybody', async t => {
  const log = createLog({
    write: () => {
      throw new Error('EPIPE')
    },
  })
  t.doesNotThrow(() => log.error('x'))
})

t.test('what is logged of an error', async t => {
  const faults = defineFaults('X', { DOWN: { status: 503, message: () => 'down', remedy: 'Wait.' } })
  t.same(errorFields(faults.DOWN()), { code: 'X_DOWN', error: 'down', cause: undefined, remedy: 'Wait.' })
  t.equal(errorFields(faults.DOWN().because(new Error('inner'))).cause, 'inner')
  t.equal(errorFields(faults.DOWN().because('text')).cause, 'text')
  t.same(errorFields(new Error('plain')), { error: 'plain' })
  t.same(errorFields('text'), { error: 'text' })
})

// The parameter priority → that level and the more severe ones (log 3.5).
import t from 'tap'
import { priorityClause } from '../../src/log/priority.ts'

const levels = (text: string) => priorityClause(text).map(({ field, value }) => `${field}=${Buffer.from(value)}`)

const names = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug']
for (const [level, name] of names.entries()) {
  t.test(`log 3.5: ${level} and ${name}`, async t => {
    const wanted = Array.from({ length: level + 1 }, (_, i) => `PRIORITY=${i}`)
    t.same(levels(String(level)), wanted)
    t.same(levels(name), wanted)
  })
}

t.test('log 3.5: older names, and capitals', async t => {
  t.same(levels('panic'), levels('0'))
  t.same(levels('ERROR'), levels('3'))
  t.same(levels('Warn'), levels('4'))
})

for (const text of ['8', '-1', '3.0', '03', 'errors', '0..3']) {
  t.test(`log 3.5: ${text} is no priority`, async t => {
    t.throws(() => priorityClause(text), { code: 'LOG_PRIORITY_INVALID', status: 400 })
  })
}

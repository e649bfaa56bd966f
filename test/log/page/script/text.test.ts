// What a reader of the page sees of what a journal holds: nothing hidden, nothing reordered, nothing endless.
import t from 'tap'
import { clean, clipped, localIso, utcText } from '../../../../src/log/page/script/text.ts'

process.env.TZ = 'Asia/Kolkata'

for (const [what, given, shown] of [
  ['text, lines and tabs stay', 'a\tb\nc é 日', 'a\tb\nc é 日'],
  ['controls of terminals are symbols', '\u001b[31m\u0000\u0007\r\u007f', '␛[31m␀␇␍␡'],
  ['what reorders or hides is named', '\u202ea\u2066b\u200b\ufeff\u0085', '‹U+202E›a‹U+2066›b‹U+200B›‹U+FEFF›‹U+0085›'],
]) {
  t.test(what ?? '', async t => void t.equal(clean(given ?? ''), shown))
}

t.test('a long text is cut, and says how long it is', async t => {
  t.equal(clipped('x'.repeat(5), 5), 'xxxxx')
  t.equal(clipped('x'.repeat(1_234_567), 2), 'xx … (1,234,567 characters)')
})

t.test('times: in the zone of the browser, and to the microsecond', async t => {
  const ms = Date.UTC(2017, 2, 8, 20, 15, 20, 7)
  t.equal(localIso(ms), '2017-03-09T01:45:20.007')
  t.equal(utcText(ms * 1000 + 9), '2017-03-08T20:15:20.007009 UTC')
})

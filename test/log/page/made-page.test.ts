// page.html is what its shell and its script make. `npm run golden` writes it.
import { readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { makePage, PAGE } from './made-page.ts'

t.test('page.html is made of its sources as they are', async t => {
  const made = await makePage()
  t.equal(made.split('</script>').length, 2, 'nothing in the script ends it')
  t.notMatch(made, /[^\n -~\u00a0-\uffff]/, 'nor is anything in it that an editor would not show')
  if (process.env.GOLDEN) writeFileSync(PAGE, made)
  t.equal(readFileSync(PAGE, 'utf8') === made, true, 'npm run golden writes it anew')
})

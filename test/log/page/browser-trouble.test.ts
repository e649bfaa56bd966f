// The page where something is amiss: entries that were lost, a node that is too busy, one that cannot read its journal.
import type { Browser } from 'puppeteer-core'
import t, { type Test } from 'tap'
import type { JournalEntry } from '../../../src/shared/journal/entry.ts'
import { faults } from '../../../src/shared/journal/errors.ts'
import type { FollowedBatch, Journal, JournalReader } from '../../../src/shared/journal/reader.ts'
import { systemClock } from '../../../src/shared/time/clock.ts'
import { memoryEntry, memoryReader } from '../../shared/journal/memory-journal.ts'
import { startLogServer } from '../log-server.ts'
import { chromiumMissing, openPage, startBrowser, until } from './browser.ts'

t.setTimeout(120_000)

/** What the page waits for comes sooner. */
const HASTY = 'const later = setTimeout; window.setTimeout = (work, ms) => later(work, Math.min(ms, 100))'

const COUNT_ROWS = "document.querySelectorAll('tr.entry').length"
const status = (text: string) => `document.getElementById('status').textContent === ${JSON.stringify(text)}`
const error = (text: string) => `document.getElementById('error').textContent.startsWith(${JSON.stringify(text)})`
const NO_ERROR = "document.getElementById('error').hidden"

/** The page over a journal of the test's: `reader` says what is other about a reader, or throws. */
async function open(t: Test, browser: Browser, reader: (memory: JournalReader) => JournalReader, max = 10) {
  const entries: JournalEntry[] = [memoryEntry(1), memoryEntry(2)]
  const journal: Journal = {
    open: async (_, signal) => reader(memoryReader(entries, { clock: systemClock, signal })),
    fieldValues: async () => [],
  }
  const listener = { host: '127.0.0.1', port: 0 }
  const { server } = await startLogServer(t, () => journal, { clock: systemClock, listener, max })
  const url = `http://127.0.0.1:${server.port}/`
  return { url, entries, page: async () => (await openPage(browser, url, HASTY)).page }
}

t.test('the page in Chromium, where something is amiss', { skip: chromiumMissing() }, async t => {
  const browser = await startBrowser(t)

  await t.test('entries that were removed before they came have a row that says so, after a pause, too', async t => {
    const batches: FollowedBatch[] = [
      { entries: [memoryEntry(3)], lost: 0n },
      { entries: [memoryEntry(9)], lost: 5n },
    ]
    let more = () => {}
    const later = new Promise<void>(resolve => {
      more = resolve
    })
    const { page: opened } = await open(t, browser, memory => ({
      ...memory,
      async *follow(skipCurrent) {
        yield* batches
        await later
        yield { entries: [memoryEntry(12)], lost: 2n }
        yield* memory.follow(skipCurrent)
      },
    }))
    const page = await opened()
    const shown = () =>
      page.evaluate(
        "[...document.querySelectorAll('#rows tr')].map(row => row.classList.contains('note') ? row.textContent : row.lastChild.textContent)",
      ) as Promise<string[]>
    const lost = (count: number) => `${count} entries were removed from the journal before they could be read.`
    await until(page, `${COUNT_ROWS} === 4`)
    t.same(await shown(), ['E1', 'E2', 'E3', lost(5), 'E9'])
    await page.click('#pause')
    more()
    await until(page, status('Paused, 2 new'))
    await page.click('#pause')
    await until(page, `${COUNT_ROWS} === 5`)
    t.same((await shown()).slice(-3), ['E9', lost(2), 'E12'])
    await page.close()
  })

  await t.test('a node with too many readers is asked again until it answers', async t => {
    let busy = true
    let asked = 0
    const { page: opened } = await open(t, browser, memory => {
      asked++
      if (busy) throw faults.BUSY(64).with({ retryAfterSeconds: 1 })
      return memory
    })
    const page = await opened()
    await until(page, error('Message: Error opening journal reader: 64 readers are at work already'))
    t.match(await page.evaluate("document.getElementById('error').textContent"), /\nTrying again …$/)
    t.equal(await page.evaluate(status('Loading …')), true)
    const before = asked
    while (asked < before + 3) await until(page, error('Message'))
    t.equal(await page.evaluate(COUNT_ROWS), 0)
    busy = false
    await until(page, `${COUNT_ROWS} === 2 && ${status('Live')}`)
    t.equal(await page.evaluate(NO_ERROR), true)
    await page.close()
  })

  await t.test('whoever is left for another query is not asked again for the first', async t => {
    const { url, page: opened } = await open(t, browser, () => {
      throw faults.BUSY(64).with({ retryAfterSeconds: 1 })
    })
    const page = await opened()
    await until(page, error('Message'))
    const asked: string[] = []
    await page.goto(`${url}#filter=A:1`)
    page.on('request', request => asked.push(new URL(request.url()).search))
    await until(page, error('Message'))
    while (asked.length < 3) await until(page, error('Message'))
    t.ok(
      asked.every(search => search.includes('filter=A%3A1')),
      asked.join(' '),
    )
    await page.close()
  })

  await t.test('a tail for which there is no place is asked for until there is one', async t => {
    const { url, entries, page: opened } = await open(t, browser, memory => memory, 1)
    const other = new AbortController()
    const taken = await fetch(`${url}stream/`, { signal: other.signal })
    const page = await opened()
    await until(page, error('Message: 1 clients follow the journal already'))
    t.equal(await page.evaluate(status('Connecting …')), true)
    t.equal(await page.evaluate(COUNT_ROWS), 2, 'what there is stands there')
    entries.push(memoryEntry(3))
    other.abort()
    await taken.text().catch(() => {})
    await until(page, `${status('Live')} && ${COUNT_ROWS} === 3`)
    t.equal(await page.evaluate(NO_ERROR), true)
    await page.close()
  })

  await t.test('what fails for good is said once, and asked for again by hand', async t => {
    let broken = true
    let asked = 0
    const { page: opened } = await open(t, browser, memory => {
      asked++
      if (broken) throw faults.UNAVAILABLE('it is away')
      return memory
    })
    const page = await opened()
    await until(page, error('Message: Error opening journal reader: the journal cannot be read'))
    await until(page, status('Failed'))
    t.equal(asked, 1)
    broken = false
    await page.select('#priority', '')
    await page.evaluate("document.getElementById('form').dispatchEvent(new Event('change', { bubbles: true }))")
    await until(page, `${COUNT_ROWS} === 2 && ${status('Live')}`)
    await page.close()
  })
})

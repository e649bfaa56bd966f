// The page in a real browser, over a real server and journal files that grow.
import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { gunzipSync } from 'node:zlib'
import type { Page } from 'puppeteer-core'
import t, { type Test } from 'tap'
import { openJournalFiles } from '../../../src/shared/journal/file/open.ts'
import { systemClock } from '../../../src/shared/time/clock.ts'
import { journalRemoteMissing } from '../../shared/journal/file/write-journal.ts'
import { JOURNAL_REMOTE } from '../../support/journal-remote.ts'
import { startLogServer } from '../log-server.ts'
import { chromiumMissing, openPage, startBrowser, until } from './browser.ts'

t.setTimeout(120_000)
const skip = chromiumMissing() || journalRemoteMissing()

/** The last quarter of an hour has the last 400 entries. */
const COUNT = 3000
const startMs = Date.now() - 2 * 3600_000

function entry(i: number, message: string | Buffer, more: Record<string, string> = {}): Buffer {
  const us = (startMs + (i < 2600 ? i : 6600_000 + i * 100)) * 1000
  const fields = { PRIORITY: '6', _SYSTEMD_UNIT: `unit-${i % 5}.service`, _BOOT_ID: '1'.repeat(32), ...more }
  const bytes = Buffer.from(message)
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(bytes.length))
  const lines = Object.entries(fields).map(([name, value]) => `${name}=${value}\n`)
  return Buffer.concat([
    Buffer.from(`__REALTIME_TIMESTAMP=${us}\n__MONOTONIC_TIMESTAMP=${1000 + i * 1000}\n${lines.join('')}MESSAGE\n`),
    length,
    bytes,
    Buffer.from('\n\n'),
  ])
}

const HOSTILE = [
  '<img src=x onerror="window.hit=1">',
  '</script><script>window.hit=1</script>',
  '\u001b[31mred\u001b[0m \u0000 \u0007 \u202eevil',
  Buffer.from([0x66, 0xff, 0xfe, 0x67]),
  'x'.repeat(1 << 20),
]

async function fixture(t: Test) {
  const directory = t.testdir()
  const writer: ChildProcessByStdio<Writable, null, null> = spawn(
    JOURNAL_REMOTE,
    ['-o', join(directory, 'system.journal'), '-'],
    {
      stdio: ['pipe', 'ignore', 'ignore'],
    },
  )
  t.teardown(() => writer.kill('SIGKILL'))
  let written = 0
  const write = (messages: readonly (string | Buffer)[], more?: Record<string, string>) =>
    writer.stdin.write(Buffer.concat(messages.map(message => entry(written++, message, more))))
  const serve = (port: number) =>
    startLogServer(t, () => openJournalFiles({ directory }), {
      clock: systemClock,
      listener: { host: '127.0.0.1', port },
    })
  return { write, serve }
}

const COUNT_ROWS = "document.querySelectorAll('tr.entry').length"
const texts = (page: Page) =>
  page.evaluate("[...document.querySelectorAll('tr.entry td.text')].map(({ textContent }) => textContent)") as Promise<
    string[]
  >
const status = (text: string) => `document.getElementById('status').textContent.startsWith(${JSON.stringify(text)})`
const last = (text: string) =>
  `[...document.querySelectorAll('tr.entry td.text')].at(-1)?.textContent === ${JSON.stringify(text)}`
const numbered = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `entry ${from + i}`)

/** Admin Router: takes its prefix away and passes the rest on. */
async function startPrefixProxy(t: Test, port: number): Promise<string> {
  const proxy = createServer((incoming, response) => {
    const path = incoming.url?.startsWith('/system/v1/logs/')
      ? incoming.url.slice('/system/v1/logs'.length)
      : '/elsewhere'
    const { method, headers } = incoming
    const passed = httpRequest({ host: '127.0.0.1', port, path, method, headers, agent: false }, answer => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    response.on('close', () => passed.destroy())
    passed.on('error', () => response.destroy())
    passed.end()
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  t.teardown(() => {
    proxy.closeAllConnections()
    proxy.close()
  })
  return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/system/v1/logs/`
}

t.test('the page in Chromium', { skip }, async t => {
  const { write, serve } = await fixture(t)
  write(numbered(0, COUNT))
  let { server } = await serve(0)
  const { port } = server
  const url = `http://127.0.0.1:${port}/`
  const browser = await startBrowser(t)
  const { page, complaints } = await openPage(browser, url)

  await t.test('it shows the newest entries and is live', async t => {
    await until(page, last(`entry ${COUNT - 1}`))
    await until(page, status('Live'))
    t.ok(((await page.evaluate(COUNT_ROWS)) as number) >= 200)
  })

  await t.test('scrolling up loads older ones, in order, none twice', async t => {
    const before = (await page.evaluate(COUNT_ROWS)) as number
    await page.evaluate("document.getElementById('list').scrollTop = 0")
    await until(page, `${COUNT_ROWS} > ${before}`)
    const shown = await texts(page)
    t.same(shown, numbered(COUNT - shown.length, COUNT))
  })

  await t.test('what is added comes; a pause keeps it and resuming shows it, none lost and none twice', async t => {
    write(['live 1'])
    await until(page, last('live 1'))
    await page.click('#pause')
    write(['live 2', 'live 3'])
    await until(page, status('Paused, 2 new'))
    t.notOk((await texts(page)).includes('live 2'))
    await page.keyboard.press('p')
    await until(page, last('live 3'))
    t.same(
      (await texts(page)).filter(text => text.startsWith('live')),
      ['live 1', 'live 2', 'live 3'],
    )
  })

  await t.test('a pause that keeps too much reads on where it left', async t => {
    await page.click('#pause')
    const many = Array.from({ length: 1200 }, (_, i) => `burst ${i}`)
    write(many)
    await until(page, status('Paused, more than 1000 new'))
    await page.click('#pause')
    await until(page, last('burst 1199'))
    t.same(
      (await texts(page)).filter(text => text.startsWith('burst')),
      many,
    )
    t.ok(((await page.evaluate(COUNT_ROWS)) as number) <= 2000)
  })

  await t.test('a server that comes again is read on, none lost and none twice', async t => {
    await server[Symbol.asyncDispose]()
    await until(page, `!${status('Live')}`)
    write(['while away'])
    server = (await serve(port)).server
    await until(page, last('while away'))
    write(['and after'])
    await until(page, last('and after'))
    t.same((await texts(page)).slice(-3), ['burst 1199', 'while away', 'and after'])
    complaints.length = 0
  })

  await t.test('hostile messages are text, and nothing runs', async t => {
    write(HOSTILE, { TESTSET: 'hostile', _HOSTNAME: '<b>host</b>' })
    await page.goto(`${url}#filter=TESTSET:hostile`)
    await until(page, `${COUNT_ROWS} === 5`)
    const [image, script, controls, binary, long] = await texts(page)
    t.equal(image, HOSTILE[0])
    t.equal(script, HOSTILE[1])
    t.equal(controls, '␛[31mred␛[0m ␀ ␇ ‹U+202E›evil')
    t.equal(binary, 'f\ufffd\ufffdg')
    t.match(long, /^x{2000} … \(1,048,576 characters\)$/)
    t.equal(await page.evaluate("document.getElementById('host').textContent"), '<b>host</b>')
    t.equal(await page.evaluate("document.querySelectorAll('img, b, script:not([type])').length"), 0)
    for (const _ of HOSTILE) {
      await page.evaluate("[...document.querySelectorAll('tr.entry[aria-expanded=false]')][0].click()")
    }
    t.equal(await page.evaluate("document.querySelectorAll('tr.fields').length"), 5)
    t.equal(await page.evaluate('window.hit'), undefined)
    t.same(complaints, [])
  })

  await t.test('the policy stops a script that came in all the same', async t => {
    const violated = (await page.evaluate(`new Promise(resolve => {
      document.addEventListener('securitypolicyviolation', event => resolve(event.effectiveDirective))
      const script = document.createElement('script')
      script.textContent = 'window.hit = 1'
      document.body.append(script)
    })`)) as string
    t.equal(violated, 'script-src-elem')
    t.equal(await page.evaluate('window.hit'), undefined)
    complaints.length = 0
  })

  await t.test('unit, priority, time and filters choose, and stand in the address', async t => {
    write(['bad thing'], { PRIORITY: '3', _SYSTEMD_UNIT: 'bad.service' })
    await page.goto(`${url}#`)
    await until(page, last('bad thing'))
    await page.select('#priority', 'err')
    await until(page, `${COUNT_ROWS} === 1`)
    await page.select('#priority', '')
    await page.type('#unit', 'unit-3.service\n')
    await until(
      page,
      `${COUNT_ROWS} > 1 && [...document.querySelectorAll('td.unit')].every(({ textContent }) => textContent === 'unit-3.service')`,
    )
    await page.select('#preset', '-15m')
    await until(page, `location.hash.includes('since=-15m') && ${status('Live')}`)
    await page.evaluate("document.getElementById('list').scrollTop = 0")
    await until(page, "document.getElementById('older').hidden")
    t.notOk((await texts(page)).includes('entry 2598'))
    t.ok((await texts(page)).includes('entry 2998'))
    await page.type('#filter', 'TESTSET:hostile\n')
    await until(page, "document.querySelectorAll('#filters button').length === 1")
    await page.click('#filters button')
    await until(page, "document.querySelectorAll('#filters button').length === 0")
  })

  await t.test('an error of the API is shown in its words', async t => {
    await page.type('#filter', 'no colon\n')
    await until(page, "!document.getElementById('error').hidden")
    t.match(await page.evaluate("document.getElementById('error').textContent"), /no colon/)
    complaints.length = 0
  })

  await t.test('a link opens its entry with what lies around it', async t => {
    await page.goto(`${url}#unit=unit-1.service`)
    await until(page, `${COUNT_ROWS} === 200 && ${status('Live')}`)
    const middle = "document.querySelectorAll('tr.entry')[20]"
    await page.evaluate(`${middle}.click()`)
    const [message, link] = (await page.evaluate(
      `[${middle}.lastChild.textContent, document.querySelector('tr.fields a').href]`,
    )) as [string, string]
    const other = await openPage(browser, link)
    await until(other.page, "document.querySelector('tr.marked') !== null")
    const shown = await texts(other.page)
    t.equal(await other.page.evaluate("document.querySelector('tr.marked td.text').textContent"), message)
    const at = shown.indexOf(message)
    t.equal(at, 100, 'a hundred before it')
    t.equal(shown.length, 200)
    t.same(other.complaints, [])
    await other.page.close()
  })

  await t.test('the download has the entries that are chosen', async t => {
    await page.goto(`${url}#filter=TESTSET:hostile`)
    await until(page, "document.getElementById('download').href.includes('hostile')")
    const answer = await fetch((await page.evaluate("document.getElementById('download').href")) as string)
    t.equal(answer.headers.get('content-disposition'), 'attachment; filename=root-range-journal.log.gz')
    t.match(gunzipSync(Buffer.from(await answer.arrayBuffer())).toString(), /<img src=x/)
  })

  await t.test('it works below a prefix', async t => {
    const below = await openPage(browser, await startPrefixProxy(t, port))
    await until(below.page, last('bad thing'))
    await until(below.page, status('Live'))
    write(['through the proxy'])
    await until(below.page, last('through the proxy'))
    t.same(below.complaints, [])
    await below.page.close()
  })

  await t.test('a unit is what it wrote and what systemd says about it, and both are suggested', async t => {
    const ofSystemd = { _SYSTEMD_UNIT: 'init.scope', _PID: '1', UNIT: 'gone.service' }
    write(['Failed to start'], ofSystemd)
    write(['I pretend'], { ...ofSystemd, _PID: '2' })
    await page.goto(`${url}#`)
    await until(page, last('I pretend'))
    const suggested = "[...document.querySelectorAll('#units option')].map(({ value }) => value)"
    t.ok(((await page.evaluate(suggested)) as string[]).includes('gone.service'))
    await page.type('#unit', 'gone.service\n')
    await until(page, `${COUNT_ROWS} === 1`)
    t.same(await texts(page), ['Failed to start'])
    await page.evaluate("document.getElementById('unit').value = ''")
    await page.type('#unit', 'not a unit\n')
    await until(page, status('Failed'))
    t.match(
      await page.evaluate("document.getElementById('error').textContent"),
      /"not a unit" is not the name of a unit/,
    )
    complaints.length = 0
  })

  await t.test('from … to … shows what lies between, both included, and stays so', async t => {
    await page.goto(`${url}#unit=unit-1.service`)
    await until(page, status('Live'))
    await page.select('#preset', 'set')
    t.equal(await page.evaluate("document.querySelectorAll('label.times[hidden]').length"), 0)
    // In whole seconds, as the inputs have them, in the browser's zone.
    const second = (ms: number) => new Date(Math.floor(ms / 1000) * 1000)
    const [from, to] = [second(startMs + 6_860_000), second(startMs + 6_870_000)]
    const enter = (id: string, time: Date) =>
      page.evaluate(`{
        const input = document.getElementById('${id}')
        const local = new Date(${+time} - new Date(${+time}).getTimezoneOffset() * 60000)
        input.value = local.toISOString().slice(0, 19)
        input.dispatchEvent(new Event('change', { bubbles: true }))
      }`)
    await enter('since', from)
    await until(page, `location.hash.includes('since=${encodeURIComponent(from.toISOString())}')`)
    await enter('until', to)
    await until(page, `location.hash.includes('until=${encodeURIComponent(to.toISOString())}')`)
    await until(page, status('Fixed time'))
    const between = Array.from({ length: 400 }, (_, i) => 2600 + i).filter(i => {
      const ms = startMs + 6_600_000 + i * 100
      return i % 5 === 1 && ms >= +from && ms <= +to
    })
    t.ok(between.length > 10)
    t.same(
      await texts(page),
      between.map(i => `entry ${i}`),
    )
    t.equal(await page.evaluate("document.getElementById('pause').disabled"), true, 'nothing comes, so nothing waits')
    await page.reload()
    await until(page, status('Fixed time'))
    t.equal(await page.evaluate("document.getElementById('preset').value"), 'set')
    t.equal((await texts(page)).length, between.length, 'the address tells it all')
  })

  await t.test('the keys: / to the filter, p pauses, arrows and Enter among the rows', async t => {
    await page.goto(`${url}#unit=unit-2.service`)
    await until(page, status('Live'))
    await page.keyboard.press('/')
    t.equal(await page.evaluate('document.activeElement.id'), 'filter')
    await page.keyboard.type('p/')
    t.equal(await page.evaluate("document.getElementById('filter').value"), 'p/', 'within it keys are letters')
    await page.evaluate("document.getElementById('filter').value = ''; document.activeElement.blur()")
    await page.keyboard.press('p')
    await until(page, status('Paused'))
    await page.keyboard.press('p')
    await until(page, status('Live'))
    const [beforeIt, newest] = (await texts(page)).slice(-2)
    t.not(beforeIt, newest)
    const focused = () => page.evaluate("document.activeElement.querySelector('td.text')?.textContent")
    const opened = () => page.evaluate("document.querySelectorAll('tr.fields').length")
    await page.evaluate("[...document.querySelectorAll('tr.entry')].at(-1).focus()")
    t.equal(await focused(), newest)
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Enter')
    t.equal(await focused(), beforeIt)
    t.equal(await opened(), 1)
    await page.keyboard.press('ArrowDown')
    t.equal(await focused(), newest, 'fields are passed over')
    await page.keyboard.press('ArrowDown')
    t.equal(await focused(), newest, 'the last one')
    await page.keyboard.press('ArrowUp')
    await page.keyboard.press('Enter')
    t.equal(await opened(), 0)
    t.equal(await page.evaluate('document.querySelectorAll(\'tr.entry[tabindex="0"]\').length'), 1, 'one tab stop')
  })

  await t.test('a boot is chosen by how far back it is, and a link names it by its id', async t => {
    write(['after the reboot'], { _BOOT_ID: '2'.repeat(32) })
    await page.goto(`${url}#`)
    await until(page, last('after the reboot'))
    await page.type('#boot', '0\n')
    await until(page, `${COUNT_ROWS} === 1`)
    await page.evaluate("document.querySelector('tr.entry').click()")
    t.match(await page.evaluate("document.querySelector('tr.fields a').hash"), `boot=${'2'.repeat(32)}`)
    await page.evaluate("document.getElementById('boot').value = ''")
    await page.type('#boot', '-1\n')
    await until(page, last('I pretend'))
    t.same(complaints, [])
  })
})

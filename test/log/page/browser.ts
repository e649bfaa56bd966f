/** A page in headless Chromium, as Debian ships it; what it complains of is kept. */
import { existsSync } from 'node:fs'
import puppeteer, { type Browser, type Page } from 'puppeteer-core'
import type { Test } from 'tap'

const CHROMIUM = '/usr/bin/chromium'

/** The reason to skip, or false. */
export function chromiumMissing(): string | false {
  return existsSync(CHROMIUM) ? false : 'chromium is not installed'
}

/** Closed with the test. The sandbox needs another user than root. */
export async function startBrowser(t: Test): Promise<Browser> {
  const browser = await puppeteer.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  })
  t.teardown(() => browser.close())
  return browser
}

/**
 * `complaints`: errors of scripts and of the policy. Expressions are text, since there is no document in here. `before` runs before the
 * page's own script.
 */
export async function openPage(
  browser: Browser,
  url: string,
  before?: string,
): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage()
  const complaints: string[] = []
  page.on('pageerror', error => complaints.push(String(error)))
  page.on('console', message => void (message.type() === 'error' && complaints.push(message.text())))
  await page.setViewport({ width: 1280, height: 800 })
  if (before !== undefined) await page.evaluateOnNewDocument(before)
  await page.goto(url)
  return { page, complaints }
}

/** Until the expression is true in the page; says which was not. */
export async function until(page: Page, expression: string): Promise<void> {
  await page.waitForFunction(expression, { polling: 50, timeout: 15_000 }).catch(async (error: unknown) => {
    const seen = await page.evaluate('document.body.innerText.slice(0, 2000)')
    throw new Error(`waited in vain for ${expression}; the page shows:\n${seen}`, { cause: error })
  })
}

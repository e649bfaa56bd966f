/** The page at `/`: one file that shows the journal in a browser, with nothing from elsewhere. DEPARTURE (log 2): 1.9 answered 404. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Handler } from '../../shared/http/route.ts'

/** Beside this file, and beside main.js in the bundle, whose `assets` name it. `npm run golden` makes it of page-shell.html and script/. */
const FILE = join(import.meta.dirname, 'page.html')

interface Page {
  readonly body: Buffer
  readonly etag: string
  readonly headers: Record<string, string>
}

/** The file is read when the first one asks. Its own script and style are all that a browser may run of it: log messages are hostile. */
export function page(): Handler {
  let made: Promise<Page> | undefined
  return async request => {
    made ??= makePage(readFileSync(FILE, 'utf8'))
    const { body, etag, headers } = await made
    if (sameTag(request.headers['if-none-match'], etag)) return { status: 304, headers }
    return { status: 200, headers: { ...headers, 'Content-Type': 'text/html; charset=utf-8' }, body }
  }
}

async function makePage(html: string): Promise<Page> {
  // Not at the start of the daemon, where loading it is a tenth of the time.
  const { createHash } = await import('node:crypto')
  const body = Buffer.from(html)
  const etag = `"${createHash('sha256').update(body).digest('hex').slice(0, 32)}"`
  const headers = {
    // Weak: the bytes are others when they are coded.
    ETag: `W/${etag}`,
    'Cache-Control': 'no-cache',
    'Content-Security-Policy': contentSecurityPolicy(html, text => createHash('sha256').update(text).digest('base64')),
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
  }
  return { body, etag, headers }
}

/** By digests of what the file really holds (CSP 3, 2.3.1), so that they cannot go stale; `sha256` in base64. The icon is a `data:` one. */
export function contentSecurityPolicy(html: string, sha256: (text: string) => string): string {
  const digests = (element: 'script' | 'style') =>
    textsOf(html, element)
      .map(text => `'sha256-${sha256(text)}'`)
      .join(' ')
  return [
    "default-src 'none'",
    `script-src ${digests('script')}`,
    `style-src ${digests('style')}`,
    "connect-src 'self'",
    'img-src data:',
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
}

function textsOf(html: string, element: string): string[] {
  return [...html.matchAll(new RegExp(`<${element}[^>]*>(.*?)</${element}>`, 'gs'))].map(([, text]) => text ?? '')
}

/** The weak comparison of RFC 9110 13.1.2. */
function sameTag(header: string | undefined, etag: string): boolean {
  const tags = (header ?? '').split(',').map(tag => tag.trim().replace(/^W\//, ''))
  return tags.includes(etag) || tags.includes('*')
}

/** The page at `/`: one file that shows the journal in a browser, with nothing from elsewhere. DEPARTURE (log 2): 1.9 answered 404. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Handler } from '../../shared/http/route.ts'

/** Beside this file, and beside main.js in the bundle, whose `assets` name it. `npm run golden` makes it of page-shell.html and script/. */
const FILE = join(import.meta.dirname, 'page.html')

/** Reads the file once. Its own script and style are all that a browser may run of it: log messages are hostile. */
export function page(html: string = readFileSync(FILE, 'utf8')): Handler {
  const body = Buffer.from(html)
  const etag = `"${createHash('sha256').update(body).digest('hex').slice(0, 32)}"`
  const headers = {
    // Weak: the bytes are others when they are coded.
    ETag: `W/${etag}`,
    'Cache-Control': 'no-cache',
    'Content-Security-Policy': contentSecurityPolicy(html),
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
  }
  return request => {
    if (sameTag(request.headers['if-none-match'], etag)) return { status: 304, headers }
    return { status: 200, headers: { ...headers, 'Content-Type': 'text/html; charset=utf-8' }, body }
  }
}

/** By digests of what the file really holds (CSP 3, 2.3.1), so that they cannot go stale. The icon is a `data:` one. */
export function contentSecurityPolicy(html: string): string {
  return [
    "default-src 'none'",
    `script-src ${digests(html, 'script')}`,
    `style-src ${digests(html, 'style')}`,
    "connect-src 'self'",
    'img-src data:',
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
}

function digests(html: string, element: 'script' | 'style'): string {
  const texts = [...html.matchAll(new RegExp(`<${element}[^>]*>(.*?)</${element}>`, 'gs'))].map(
    ([, text]) => text ?? '',
  )
  return texts.map(text => `'sha256-${createHash('sha256').update(text).digest('base64')}'`).join(' ')
}

/** The weak comparison of RFC 9110 13.1.2. */
function sameTag(header: string | undefined, etag: string): boolean {
  const tags = (header ?? '').split(',').map(tag => tag.trim().replace(/^W\//, ''))
  return tags.includes(etag) || tags.includes('*')
}

/** What 1.9 answers where no route matches: cleaned paths are moved, everything else is not found, other methods too (metrics 2). */
import { posix } from 'node:path'
import { faults } from '../../shared/http/errors.ts'
import type { Handler, HttpAnswer } from '../../shared/http/route.ts'

/** `known` are the paths of the route table. Throws HTTP_NOT_FOUND. */
export function noRoute(known: readonly string[]): Handler {
  return ({ method, url }) => {
    const [path = '', query] = splitOnce(url, '?')
    const suffix = query === undefined ? '' : `?${query}`
    const clean = cleanPath(path)
    // The router of 1.9 moves any path that is not in its plain form, whether the plain one exists or not.
    if (clean !== path) return { status: 301, headers: { Location: clean + suffix } }
    const bare = path.slice(0, -1)
    const readable = method === 'GET' || method === 'HEAD'
    if (readable && path.endsWith('/') && known.includes(bare)) return moved(bare + suffix)
    throw faults.NOT_FOUND()
  }
}

/** Go's http.Redirect: a line of HTML for people. */
function moved(location: string): HttpAnswer {
  const shown = location
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&#34;')
  return {
    status: 301,
    headers: { 'Content-Type': 'text/html; charset=utf-8', Location: location },
    body: `<a href="${shown}">Moved Permanently</a>.\n\n`,
  }
}

/** No double slashes, no dots; a slash at the end stays. Always begins with one slash, so that it cannot name another host. */
function cleanPath(path: string): string {
  const clean = posix.normalize(`/${path}`)
  return clean.startsWith('//') ? clean.slice(1) : clean
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}

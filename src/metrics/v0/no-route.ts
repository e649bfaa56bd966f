/** What 1.9 answers where no route matches: cleaned paths are moved, everything else is not found, other methods too (metrics 2). */
import { cleanPathRedirect } from '../../shared/http/clean-path.ts'
import { faults } from '../../shared/http/errors.ts'
import type { Handler, HttpAnswer } from '../../shared/http/route.ts'

/** `known` are the paths of the route table. Throws HTTP_NOT_FOUND. */
export function noRoute(known: readonly string[]): Handler {
  return request => {
    const redirect = cleanPathRedirect(request)
    if (redirect) return redirect
    const { method, path, rawQuery } = request
    const suffix = rawQuery === '' ? '' : `?${rawQuery}`
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

/** Paths with `//`, `.` or `..` are sent on to the clean one, as the router of the Go daemons of 1.9 did. Pure. */
import type { HttpAnswer, HttpRequest } from './route.ts'

/** Go's path.Clean for an absolute path, a slash at the end kept. Begins with one slash, so that it cannot name another host. */
export function cleanPath(path: string): string {
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  const clean = `/${kept.join('/')}`
  return path.endsWith('/') && clean !== '/' ? `${clean}/` : clean
}

/** 301 to the clean path, whether that exists or not, with the query; undefined for a path that is clean. */
export function cleanPathRedirect({ path, rawQuery }: Pick<HttpRequest, 'path' | 'rawQuery'>): HttpAnswer | undefined {
  const clean = cleanPath(path)
  if (clean === path) return undefined
  // The path is decoded: its own `?` and `#` would begin the query or the fragment. A backslash is escaped, too, since browsers take
  // it for a slash.
  const location = encodeURI(clean).replace(/[?#]/g, encodeURIComponent)
  return { status: 301, headers: { Location: rawQuery === '' ? location : `${location}?${rawQuery}` } }
}

/** Paths with `//`, `.` or `..` are answered with the clean one, as the router of 1.9 did (log 2). Pure. */

/** Go's path.Clean for an absolute path, a slash at the end kept. */
export function cleanPath(path: string): string {
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop()
    else if (segment !== '' && segment !== '.') kept.push(segment)
  }
  const clean = `/${kept.join('/')}`
  return path.endsWith('/') && clean !== '/' ? `${clean}/` : clean
}

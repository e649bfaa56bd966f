/**
 * Where `POST /repository/ID` may fetch from. DEPARTURE (pkgpanda 7): 1.9 took any URL, so that whoever reached the API could
 * bring in a package of his own and run it as root. Here: the configured repositories and what lies below them; and directories of
 * this node into which only root can have put anything.
 */
import { lstatSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { faults } from '../errors.ts'
import { publicUrl } from '../store/download/public-url.ts'
import { INDEX_FILE, tarballPath } from '../store/store-layout.ts'

const WRITABLE_BY_OTHERS = 0o022
const STICKY = 0o1000

/**
 * The URL to fetch `id` from, in the form that was judged: parsers differ in odd URLs, so the client's own spelling goes no further.
 * Throws PKGPANDA_REPOSITORY_URL_REFUSED.
 */
export function allowedRepositoryUrl(given: string, id: string, configured: readonly string[]): string {
  const refuse = (why: string) => faults.REPOSITORY_URL_REFUSED(publicUrl(given), why)
  const url = URL.canParse(given) ? new URL(given) : undefined
  if (url === undefined || !['http:', 'https:', 'file:'].includes(url.protocol))
    throw refuse('http, https or file expected')
  if (url.protocol === 'file:') return trustedDirectory(url, id, refuse)
  if (url.search !== '' || url.hash !== '') throw refuse('it has a query or a fragment')
  // Dot segments are resolved by now; these become some at a server that decodes them.
  if (/%2f|%5c|%2e|%00/i.test(url.pathname)) throw refuse('it has escaped slashes or dots')
  const path = withSlash(url.pathname)
  const base = configured
    .filter(each => URL.canParse(each))
    .map(each => new URL(each))
    .find(({ protocol, host, pathname }) => {
      return protocol === url.protocol && host === url.host && path.startsWith(withSlash(pathname))
    })
  if (base === undefined) throw refuse('it is none of the configured ones and not below one')
  // Credentials are the operator's: a client need not know them, and may not bring others.
  const isWithout = url.username === '' && url.password === ''
  if (!isWithout && (url.username !== base.username || url.password !== base.password))
    throw refuse('its credentials are not the configured ones')
  url.username = base.username
  url.password = base.password
  return url.href.replace(/\/+$/, '')
}

function trustedDirectory(url: URL, id: string, refuse: (why: string) => Error): string {
  let directory: string
  try {
    directory = realpathSync(fileURLToPath(url))
  } catch {
    throw refuse('there is no such directory')
  }
  const inside = [INDEX_FILE, dirname(dirname(tarballPath(id))), dirname(tarballPath(id)), tarballPath(id)]
  const untrusted =
    ancestors(directory).find(path => !isRoots(path, true)) ??
    [directory, ...inside.map(path => join(directory, path))].find(path => !isRoots(path, false))
  if (untrusted !== undefined) throw refuse(`${untrusted} can be changed by others than root`)
  return `file://${directory}`
}

/**
 * Whether only root can have put it there; what is not there at all passes. By hand, one's own files do as well as root's.
 * `sticky`: a directory like /tmp will do, since there nobody can replace what belongs to root.
 */
function isRoots(path: string, sticky: boolean): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  if (stat === undefined) return true
  if (stat.uid !== 0 && stat.uid !== process.getuid?.()) return false
  return (stat.mode & WRITABLE_BY_OTHERS) === 0 || (sticky && (stat.mode & STICKY) !== 0)
}

/** `/a/b` → `/`, `/a`. */
function ancestors(path: string): string[] {
  const parent = dirname(path)
  return parent === path ? [] : [...ancestors(parent), parent]
}

function withSlash(path: string): string {
  return `${path.replace(/\/+$/, '')}/`
}

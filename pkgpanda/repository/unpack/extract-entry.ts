/** What becomes of each entry of a package tarball, by its head alone: the refusals of pkgpanda 7. Pure. */
import { faults } from '../../errors.ts'

/** PATH_MAX leaves room for the repository's own path. */
const PATH_MAX_BYTES = 3_072
const NAME_MAX_BYTES = 255

/** What an entry becomes, decided before anything is written. Paths are relative to the package, without `./`. */
export type EntryPlan =
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number }
  | { readonly kind: 'file'; readonly path: string; readonly mode: number }
  | { readonly kind: 'hardlink'; readonly path: string; readonly target: string }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }

/** The head of an entry as the archive has it. */
export interface EntryHead {
  readonly path: string
  readonly type: string
  readonly mode?: number | undefined
  readonly linkpath?: string | undefined
}

/**
 * What to do with an entry; undefined for the package's own directory. `finalDirectory` is where the package will lie,
 * for absolute links into itself. Throws PKGPANDA_TARBALL_HOSTILE. Pure.
 */
export function planEntry(head: EntryHead, what: string, finalDirectory: string): EntryPlan | undefined {
  const refuse = (why: string) => faults.TARBALL_HOSTILE(what, head.path, why)
  const path = cleanPath(head.path, refuse)
  const mode = head.mode ?? 0o644
  switch (head.type) {
    case 'Directory':
      return path === '' ? undefined : { kind: 'directory', path, mode: mode & 0o777 }
    case 'File':
    case 'OldFile':
    case 'ContiguousFile':
      if (path === '') throw refuse('has no name')
      if (mode & 0o6000) throw refuse('is setuid or setgid')
      return { kind: 'file', path, mode: mode & 0o777 }
    case 'Link': {
      const target = cleanPath(head.linkpath ?? '', why => refuse(`is a hard link whose target ${why}`))
      if (path === '' || target === '') throw refuse('is a hard link without a name')
      return { kind: 'hardlink', path, target }
    }
    case 'SymbolicLink':
      if (path === '') throw refuse('is a link in place of the package')
      if (!staysInside(path, head.linkpath ?? '', finalDirectory))
        throw refuse(`is a link out of the package, to ${head.linkpath}`)
      return { kind: 'symlink', path, target: head.linkpath ?? '' }
    default:
      throw refuse(`is a ${head.type}, which packages never hold`)
  }
}

function cleanPath(path: string, refuse: (why: string) => Error): string {
  if (path.startsWith('/')) throw refuse('is absolute')
  // A newline could forge a line of output, U+FFFD is what is left of a name that is not UTF-8.
  if (/[\u0000-\u001f\u007f\ufffd]/.test(path)) throw refuse('has control characters or is not UTF-8')
  const parts = path.split('/').filter(part => part !== '' && part !== '.')
  if (parts.includes('..')) throw refuse('leads out of the package')
  if (Buffer.byteLength(path) > PATH_MAX_BYTES) throw refuse('has a path that is too long')
  if (parts.some(part => Buffer.byteLength(part) > NAME_MAX_BYTES)) throw refuse('has a name that is too long')
  return parts.join('/')
}

/**
 * Whether a symbolic link at `path` keeps to the package. `..` only at the beginning: the link's own directory is a real
 * one, but `a/..` may go through another link and come out anywhere.
 */
function staysInside(path: string, target: string, finalDirectory: string): boolean {
  if (target === '' || /[\u0000-\u001f\u007f]/.test(target)) return false
  const parts = target.split('/').filter(part => part !== '' && part !== '.')
  if (target.startsWith('/')) return `${target}/`.startsWith(`${finalDirectory}/`) && !parts.includes('..')
  const climbs = parts.findIndex(part => part !== '..')
  const ups = climbs === -1 ? parts.length : climbs
  return !parts.slice(ups).includes('..') && ups <= path.split('/').length - 1
}

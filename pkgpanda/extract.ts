/**
 * Unpacks a package tarball and trusts nothing in it (pkgpanda 7). The format is read by the `tar` package; what is
 * written where is decided here: no link exists while files are written, so none can be written through.
 */
import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fsync,
  fsyncSync,
  futimesSync,
  linkSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { ReadEntry } from 'tar'
import { isFault } from '../src/shared/errors/fault.ts'
import { faults } from './errors.ts'
import { explainNoSpace, requireSpace } from './space.ts'

/** The largest package of 1.9 has 12,000 entries and 500 MB. */
export const ENTRIES_MAX = 200_000
export const UNPACKED_MAX_BYTES = 8 * 1024 ** 3
/** PATH_MAX leaves room for the repository's own path. */
const PATH_MAX_BYTES = 3_072
const NAME_MAX_BYTES = 255
/** Preset 9 needs 65 MiB; more is asked for only by files that mean harm. */
const XZ_MEMORY_LIMIT = '128MiB'
/** fsync calls under way: the file system commits them together. */
const SYNC_PARALLEL = 16

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

/**
 * Unpacks into `directory`, which must be new and empty, everything on disk when it resolves. `what` names the tarball in
 * messages. Rejects with PKGPANDA_TARBALL_UNREADABLE, PKGPANDA_TARBALL_HOSTILE, PKGPANDA_NO_SPACE; the caller removes
 * the directory then.
 */
export async function extractTarball(
  tarball: string,
  directory: string,
  what: string,
  finalDirectory: string,
): Promise<void> {
  const unpackedBytes = unpackedSize(tarball, what)
  requireSpace(directory, { bytes: unpackedBytes, inodes: 0 })
  const { Parser } = await import('tar')
  const writer = openWriter(directory, what, finalDirectory)
  let failure: unknown
  const fail = (error: unknown) => {
    failure ??= error
  }
  const parser = new Parser({ strict: true, onReadEntry: entry => guarded(() => writer.entry(entry, fail), fail) })
  // In strict mode whatever the parser would only warn of comes as an error.
  parser.on('error', fail)
  parser.on('ignoredEntry', (entry: ReadEntry) => fail(faults.TARBALL_HOSTILE(what, entry.path, `is a ${entry.type}`)))

  // xz(1) of the host, which dcos_install.sh demands: our tarballs are several xz streams one after the other, and the
  // package @napi-rs/lzma 1.4.5 has no streaming decoder at all, so a 130 MB package would be in memory twice.
  const xz = spawn('xz', ['--decompress', '--stdout', `--memlimit-decompress=${XZ_MEMORY_LIMIT}`, '--', tarball], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let complaint = ''
  xz.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint = (complaint + text).slice(0, 1_000)
  })
  const ended = new Promise<number | null>((resolve, reject) => {
    xz.on('error', reject)
    xz.on('close', resolve)
  })
  ended.catch(() => {})
  try {
    let first = true
    let received = 0
    for await (const chunk of xz.stdout as AsyncIterable<Buffer>) {
      // The parser would unpack these by itself, past our limits.
      if (first && isCompressed(chunk)) throw faults.TARBALL_HOSTILE(what, '', 'is compressed twice')
      first = false
      received += chunk.length
      if (received > UNPACKED_MAX_BYTES)
        throw faults.TARBALL_HOSTILE(what, '', `unpacks to more than ${UNPACKED_MAX_BYTES} bytes`)
      parser.write(chunk)
      if (failure) throw failure
    }
    const status = await ended
    if (status !== 0) throw faults.TARBALL_UNREADABLE(what, complaint.trim() || `xz ended with ${status}`)
    parser.end()
    if (failure) throw failure
    await writer.finish()
  } catch (error) {
    xz.kill('SIGKILL')
    writer.abandon()
    if (isFault(error)) throw error
    const explained = explainNoSpace(error, directory)
    if (isFault(explained)) throw explained
    throw faults.TARBALL_UNREADABLE(what, (error as Error).message).because(error)
  }
}

/** What `xz --list` promises, over all streams; decoding checks the promise. */
function unpackedSize(tarball: string, what: string): number {
  const { status, stdout, stderr, error } = spawnSync('xz', ['--robot', '--list', '--', tarball], { encoding: 'utf8' })
  if (error) throw faults.TARBALL_UNREADABLE(what, `xz cannot be run (${error.message})`)
  if (status !== 0) throw faults.TARBALL_UNREADABLE(what, stderr.trim())
  const totals = stdout.split('\n').find(line => line.startsWith('totals\t'))
  const bytes = Number(totals?.split('\t')[4])
  if (!(bytes >= 0)) throw faults.TARBALL_UNREADABLE(what, 'xz does not tell its size')
  if (bytes > UNPACKED_MAX_BYTES)
    throw faults.TARBALL_HOSTILE(what, '', `unpacks to more than ${UNPACKED_MAX_BYTES} bytes`)
  return bytes
}

interface Writer {
  entry(entry: ReadEntry, fail: (error: unknown) => void): void
  finish(): Promise<void>
  abandon(): void
}

function openWriter(root: string, what: string, finalDirectory: string): Writer {
  const directories = new Map<string, number>()
  const files = new Set<string>()
  const symlinks: { path: string; target: string }[] = []
  let count = 0
  let current: number | undefined

  const twice = (path: string) => faults.TARBALL_HOSTILE(what, path, 'is there twice')
  const ensureParents = (path: string) => {
    const parent = dirname(path)
    if (parent === '.' || directories.has(parent)) return
    ensureParents(parent)
    makeDirectory(parent, 0o755)
  }
  const makeDirectory = (path: string, mode: number) => {
    if (files.has(path)) throw twice(path)
    if (!directories.has(path)) mkdirSync(join(root, path))
    directories.set(path, mode)
  }
  const writeFile = (path: string, mode: number, entry: ReadEntry, fail: (error: unknown) => void) => {
    if (files.has(path) || directories.has(path)) throw twice(path)
    files.add(path)
    const file = openSync(
      join(root, path),
      constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW,
      0o600,
    )
    current = file
    entry.on('data', (chunk: Buffer) =>
      guarded(() => {
        for (let written = 0; written < chunk.length; ) written += writeSync(file, chunk, written)
      }, fail),
    )
    entry.on('end', () =>
      guarded(() => {
        current = undefined
        fchmodSync(file, mode)
        // Compiled Python checks the age of its source.
        if (entry.mtime) futimesSync(file, entry.mtime, entry.mtime)
        closeSync(file)
      }, fail),
    )
  }

  return {
    entry(entry, fail) {
      count += 1
      if (count > ENTRIES_MAX) throw faults.TARBALL_HOSTILE(what, entry.path, `is one more than ${ENTRIES_MAX} entries`)
      const plan = planEntry(entry, what, finalDirectory)
      if (plan) ensureParents(plan.path)
      if (plan?.kind === 'file') return writeFile(plan.path, plan.mode, entry, fail)
      if (plan?.kind === 'directory') makeDirectory(plan.path, plan.mode)
      if (plan?.kind === 'symlink') symlinks.push(plan)
      if (plan?.kind === 'hardlink') {
        // Only to a file of this archive that is there already: never to a link, never to anything outside.
        if (!files.has(plan.target))
          throw faults.TARBALL_HOSTILE(what, plan.path, `is a hard link to ${plan.target}, which is no file before it`)
        if (files.has(plan.path) || directories.has(plan.path)) throw twice(plan.path)
        files.add(plan.path)
        linkSync(join(root, plan.target), join(root, plan.path))
      }
      entry.resume()
    },
    async finish() {
      if (current !== undefined) throw faults.TARBALL_UNREADABLE(what, 'it ends in the middle of a file')
      for (const { path, target } of symlinks) {
        if (files.has(path) || directories.has(path)) throw twice(path)
        files.add(path)
        symlinkSync(target, join(root, path))
      }
      const links = new Set(symlinks.map(({ path }) => path))
      await syncFiles([...files].filter(path => !links.has(path)).map(path => join(root, path)))
      // Deepest first, modes last: a directory may be meant to be read-only.
      for (const [path, mode] of [...directories].sort().reverse()) {
        syncDirectory(join(root, path))
        chmodSync(join(root, path), mode)
      }
      syncDirectory(root)
    },
    abandon() {
      if (current !== undefined) closeSync(current)
      current = undefined
    },
  }
}

async function syncFiles(paths: string[]): Promise<void> {
  const queue = paths.values()
  const work = async () => {
    for (const path of queue) {
      const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)
      try {
        await new Promise<void>((resolve, reject) => fsync(file, error => (error ? reject(error) : resolve())))
      } finally {
        closeSync(file)
      }
    }
  }
  await Promise.all(Array.from({ length: SYNC_PARALLEL }, work))
}

function syncDirectory(path: string): void {
  const directory = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}

/** gzip and zstd, by their first bytes. */
function isCompressed(chunk: Buffer): boolean {
  // xz writes in large pieces: a first one of less than four bytes is all there is.
  if (chunk.length < 4) return false
  return chunk.readUInt16BE(0) === 0x1f8b || chunk.readUInt32BE(0) === 0x28b52ffd
}

function guarded(work: () => void, fail: (error: unknown) => void): void {
  try {
    work()
  } catch (error) {
    fail(error)
  }
}

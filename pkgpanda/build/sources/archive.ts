/**
 * Archives of sources, unpacked with what is above them taken off (pkgpanda 3.2): tarballs lose one component of each path, a
 * zip its one top folder. Tarballs go through the writer that trusts nothing, as packages do.
 */
import { spawn } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { Parser, type ReadEntry } from 'tar'
import { UNPACKED_MAX_BYTES } from '../../repository/unpack/extract.ts'
import { guarded, openPackageWriter } from '../../repository/unpack/extract-writer.ts'
import { runTool } from '../tool.ts'
import { exitOf, toolEnvironment } from '../xz.ts'
import type { SourceContext } from './source-kind.ts'

/** Ending of a name → the program that unpacks its compression to stdout; undefined for none. */
const TAR_FORMATS: Readonly<Record<string, string | undefined>> = {
  '.tar': undefined,
  '.tar.gz': 'gzip',
  '.tgz': 'gzip',
  '.tar.bz2': 'bzip2',
  '.tar.xz': 'xz',
  '.txz': 'xz',
  '.tar.zst': 'zstd',
}
const ZIP = '.zip'

export const FORMATS: readonly string[] = [...Object.keys(TAR_FORMATS), ZIP]

/** Which of FORMATS a URL or file is, by its name. */
export function archiveFormat(name: string): string | undefined {
  const path = /^[^?#]*/.exec(name)?.[0] ?? ''
  return FORMATS.find(ending => path.endsWith(ending))
}

/** Into the empty `folder`. Rejects with PKGPANDA_TARBALL_HOSTILE, BUILD_TOOL_MISSING, or an error that says what is wrong. */
export async function unpackArchive(
  file: string,
  folder: string,
  { signal }: Pick<SourceContext, 'signal'>,
): Promise<void> {
  const format = archiveFormat(file)
  if (format === ZIP) return await unpackZip(file, folder, signal)
  await unpackTar(file, TAR_FORMATS[format ?? ''], folder, signal)
}

async function unpackTar(
  file: string,
  program: string | undefined,
  folder: string,
  signal: AbortSignal,
): Promise<void> {
  const writer = openPackageWriter(folder, file, folder)
  let failure: unknown
  const fail = (error: unknown) => {
    failure ??= error
  }
  const parser = new Parser({
    strict: true,
    onReadEntry(entry) {
      if (stripTop(entry)) guarded(() => writer.entry(entry, fail), fail)
      else entry.resume()
    },
  })
  parser.on('error', fail)
  try {
    let received = 0
    for await (const chunk of decompressed(file, program, signal)) {
      received += chunk.length
      if (received > UNPACKED_MAX_BYTES) throw new Error(`it unpacks to more than ${UNPACKED_MAX_BYTES} bytes`)
      parser.write(chunk)
      if (failure) throw failure
      // Else an archive of many small files is held open in more of them than a process may have.
      await writer.room()
      signal.throwIfAborted()
    }
    parser.end()
    if (failure) throw failure
    await writer.finish()
  } catch (error) {
    await writer.abandon()
    throw error
  }
}

/** Takes the first component off an entry's name, and off what a hard link names. False for what has no more than that. */
export function stripTop(entry: Pick<ReadEntry, 'path' | 'linkpath'> & { readonly type: string }): boolean {
  const strip = (path: string) => path.replace(/^(\.\/+)*[^/]+\/*/, '')
  // An absolute name keeps its first slash, so that it is refused and not made relative.
  if (entry.path.startsWith('/')) return true
  entry.path = strip(entry.path)
  if (entry.type === 'Link' && entry.linkpath !== undefined) entry.linkpath = strip(entry.linkpath)
  return entry.path !== ''
}

async function* decompressed(file: string, program: string | undefined, signal: AbortSignal): AsyncGenerator<Buffer> {
  if (program === undefined) return yield* createReadStream(file, { highWaterMark: 1024 * 1024 })
  const child = spawn(program, ['-dc', '--', file], { stdio: ['ignore', 'pipe', 'pipe'], env: toolEnvironment() })
  const kill = () => child.kill('SIGKILL')
  signal.addEventListener('abort', kill)
  const ended = Promise.all([exitOf(child, program), text(child.stderr)])
  ended.catch(() => {})
  try {
    yield* child.stdout
    const [outcome, errors] = await ended
    if (outcome !== 'status 0') throw new Error(`${program} ended with ${outcome}: ${errors.trim()}`)
  } finally {
    kill()
    signal.removeEventListener('abort', kill)
  }
}

/** By unzip(1), which lets nothing out of its folder; beside `folder` first, since the top folder has to go. */
async function unpackZip(file: string, folder: string, signal: AbortSignal): Promise<void> {
  const run = { signal, env: toolEnvironment() }
  const listed = await runTool('unzip', ['-Zt', file], run)
  const bytes = Number(/(\d+) bytes uncompressed/.exec(listed.stdout.toString())?.[1])
  if (listed.outcome !== 'status 0') throw new Error(`unzip ended with ${listed.outcome}: ${listed.stderr.trim()}`)
  if (!(bytes <= UNPACKED_MAX_BYTES)) throw new Error(`it unpacks to more than ${UNPACKED_MAX_BYTES} bytes`)
  const temporary = await mkdtemp(join(dirname(folder), '.zip-'))
  try {
    const { outcome, stderr } = await runTool('unzip', ['-q', '-n', file, '-d', temporary], run)
    if (outcome !== 'status 0') throw new Error(`unzip ended with ${outcome}: ${stderr.trim()}`)
    const [top, ...others] = await readdir(temporary, { withFileTypes: true })
    if (!top?.isDirectory() || others.length > 0) throw new Error('it has not exactly one folder at its top')
    for (const name of await readdir(join(temporary, top.name))) {
      await rename(join(temporary, top.name, name), join(folder, name))
    }
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

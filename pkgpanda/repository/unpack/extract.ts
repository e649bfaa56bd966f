/**
 * Unpacks a package tarball and trusts nothing in it (pkgpanda 7). The format is read by the `tar` package; what is
 * written where is decided here: no link exists while files are written, so none can be written through.
 */
import { execFile, spawn } from 'node:child_process'
import { promisify } from 'node:util'
import type { ReadEntry } from 'tar'
import { isFault } from '../../../src/shared/errors/fault.ts'
import { explainNoSpace, requireSpace, unpackNeed } from '../../disk/space.ts'
import { faults } from '../../errors.ts'
import type { Manifest } from '../../package/manifest.ts'
import { guarded, openPackageWriter } from './extract-writer.ts'

/** The largest package of 1.9 has 500 MB. */
export const UNPACKED_MAX_BYTES = 8 * 1024 ** 3
/**
 * Preset 9 needs 65 MiB; more is asked for only by files that mean harm. Also the bound for the second thread that XZ Utils 5.4 and
 * newer use where a tarball has several blocks: beyond it they go on with one, as older ones always do.
 */
const XZ_MEMORY_LIMIT = '72MiB'
const XZ_ARGUMENTS = ['--decompress', '--stdout', '--threads=2', `--memlimit-decompress=${XZ_MEMORY_LIMIT}`]

/**
 * Unpacks into `directory`, which must be new and empty, everything on disk when it resolves, to what is there. `what` names the
 * tarball in messages. Rejects with PKGPANDA_TARBALL_UNREADABLE, PKGPANDA_TARBALL_HOSTILE, PKGPANDA_NO_SPACE; the caller removes
 * the directory then.
 */
export async function extractTarball(
  tarball: string,
  directory: string,
  what: string,
  finalDirectory: string,
): Promise<Manifest> {
  // Loaded while xz looks at the file.
  const loading = import('tar')
  requireSpace(directory, unpackNeed(await unpackedSize(tarball, what)))
  const { Parser } = await loading
  const writer = openPackageWriter(directory, what, finalDirectory)
  let failure: unknown
  const fail = (error: unknown) => {
    failure ??= error
  }
  const parser = new Parser({ strict: true, onReadEntry: entry => guarded(() => writer.entry(entry, fail), fail) })
  // In strict mode whatever the parser would only warn of comes as an error.
  parser.on('error', fail)
  // GNU sparse files in pax form: the parser would give out their map of holes as the first bytes of the contents.
  parser.on('meta', (text: string) => {
    if (/^\d+ GNU\.sparse\./m.test(text)) fail(faults.TARBALL_HOSTILE(what, '', 'is a sparse file'))
  })
  parser.on('ignoredEntry', (entry: ReadEntry) => fail(faults.TARBALL_HOSTILE(what, entry.path, `is a ${entry.type}`)))

  // xz(1) of the host, which dcos_install.sh demands: the package @napi-rs/lzma 1.4.5 has no streaming decoder, so a package of
  // 130 MB would be in memory twice.
  const xz = spawn('xz', [...XZ_ARGUMENTS, '--', tarball], { stdio: ['ignore', 'pipe', 'pipe'] })
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
      await writer.room()
    }
    const status = await ended
    if (status !== 0) throw faults.TARBALL_UNREADABLE(what, complaint.trim() || `xz ended with ${status}`)
    parser.end()
    if (failure) throw failure
    return await writer.finish()
  } catch (error) {
    xz.kill('SIGKILL')
    await writer.abandon()
    if (isFault(error)) throw error
    const explained = explainNoSpace(error, directory)
    if (isFault(explained)) throw explained
    throw faults.TARBALL_UNREADABLE(what, (error as Error).message).because(error)
  }
}

/** What `xz --list` promises, over all streams: other stores may have tarballs of several. Decoding checks the promise. */
async function unpackedSize(tarball: string, what: string): Promise<number> {
  const { stdout } = await promisify(execFile)('xz', ['--robot', '--list', '--', tarball]).catch(error => {
    // Its own words, or the system's when it could not even be started.
    throw faults.TARBALL_UNREADABLE(what, error.stderr?.trim() || error.message)
  })
  const totals = stdout.split('\n').find(line => line.startsWith('totals\t'))
  const bytes = Number(totals?.split('\t')[4])
  if (!(bytes >= 0)) throw faults.TARBALL_UNREADABLE(what, 'xz does not tell its size')
  if (bytes > UNPACKED_MAX_BYTES)
    throw faults.TARBALL_HOSTILE(what, '', `unpacks to more than ${UNPACKED_MAX_BYTES} bytes`)
  return bytes
}

/** gzip and zstd, by their first bytes. */
function isCompressed(chunk: Buffer): boolean {
  // xz writes in large pieces: a first one of less than four bytes is all there is.
  if (chunk.length < 4) return false
  return chunk.readUInt16BE(0) === 0x1f8b || chunk.readUInt32BE(0) === 0x28b52ffd
}

/** The `xz` program: bytes in, one stream out, the same bytes for the same input on every machine with the same XZ Utils. */
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { buffer, text } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { faults } from './errors.ts'

/**
 * Preset 6: its dictionary of 8 MiB is what unpacking costs in memory; preset 9 would take 64 MiB of a node. Two threads by
 * name, since with one the block headers differ: the output must not depend on the number of cores. CRC64, since every
 * decoder knows it; the index of the repository holds the sha256 of the whole file.
 */
export const XZ_ARGUMENTS = [
  '-6',
  '--threads=2',
  '--block-size=8MiB',
  '--check=crc64',
  '--no-adjust',
  '--format=xz',
  '--stdout',
]

/** Compresses what `input` yields. Rejects with BUILD_TOOL_MISSING, BUILD_COMPRESSION_FAILED and the signal's reason. */
export async function compress(input: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<Buffer> {
  signal?.throwIfAborted()
  const child = spawn('xz', XZ_ARGUMENTS, { stdio: ['pipe', 'pipe', 'pipe'], env: toolEnvironment() })
  const ended = exitOf(child, 'xz')
  const kill = () => child.kill('SIGKILL')
  signal?.addEventListener('abort', kill)
  const [output, errors, outcome, fed] = await Promise.all([
    buffer(child.stdout),
    text(child.stderr),
    ended,
    // A child that dies early closes its end: its own message says more than our EPIPE.
    pipeline(Readable.from(input, { objectMode: false }), child.stdin).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error,
    ),
  ]).finally(() => signal?.removeEventListener('abort', kill))
  signal?.throwIfAborted()
  if (outcome !== 'status 0') throw faults.COMPRESSION_FAILED(outcome, errors.trim())
  if (fed) throw fed
  return output
}

/** `xz (XZ Utils) 5.4.1`: part of the name of what is kept in the cache, since another encoder makes other bytes. */
export async function xzVersion(): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)('xz', ['--version'], { env: toolEnvironment() })
    return stdout.split('\n', 1)[0] ?? ''
  } catch (error) {
    throw faults.TOOL_MISSING('xz').because(error)
  }
}

/** How a child ended: `status 0`, `signal SIGKILL`. Rejects with BUILD_TOOL_MISSING when it did not start. */
export async function exitOf(child: ChildProcess, program: string): Promise<string> {
  try {
    const [code, signal] = await once(child, 'close')
    return signal ? `signal ${signal}` : `status ${code}`
  } catch (error) {
    throw faults.TOOL_MISSING(program).because(error)
  }
}

/** No XZ_OPT, XZ_DEFAULTS or locale of the caller: they would change the output. */
export function toolEnvironment(): NodeJS.ProcessEnv {
  return { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8', TZ: 'UTC' }
}

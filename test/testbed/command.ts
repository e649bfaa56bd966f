/** Runs one child to its end and keeps what it printed. For testbed.sh, the builder, genconf and apt. */
import { type ChildProcess, spawn } from 'node:child_process'
import { faults } from './errors.ts'

/** More output than this is dropped from its beginning: what failed stands at the end. */
const OUTPUT_LIMIT_BYTES = 16 * 1024 * 1024
/** Lines of a failed command that a fault shows. */
const TAIL_LINES = 20

export interface CommandOptions {
  cwd?: string
  env?: NodeJS.ProcessEnv
  /** Written to its standard input, which is else empty. */
  input?: string | Buffer
  /** Its process group is ended with SIGTERM then; `signal` says so in the result. */
  timeoutMs?: number
  signal?: AbortSignal
  /** Gets each line of standard error as it comes, e.g. to show progress. */
  onErrorLine?: (line: string) => void
}

export interface CommandResult {
  /** Exit status; 128 + signal number is not made up: a signal is null here and named in `signal`. */
  status: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

/** Resolves whatever the exit status is; rejects when the program cannot be started. */
export function runCommand(
  file: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      // A process group of its own: what a script has started holds its output open, so it must end with the script.
      detached: true,
    })
    running.add(child)
    const limit = options.timeoutMs === undefined ? undefined : setTimeout(() => endGroup(child), options.timeoutMs)
    const end = () => endGroup(child)
    options.signal?.addEventListener('abort', end, { once: true })
    const stdout = collect(child.stdout!)
    const stderr = collect(child.stderr!)
    if (options.onErrorLine) eachLine(child.stderr!, options.onErrorLine)
    const forget = () => {
      running.delete(child)
      clearTimeout(limit)
      options.signal?.removeEventListener('abort', end)
    }
    child.once('error', error => {
      forget()
      reject(error)
    })
    child.once('close', (status, signal) => {
      forget()
      resolve({ status, signal, stdout: stdout(), stderr: stderr() })
    })
    // A child that exits without reading all of its input is no failure of ours: its status says what happened.
    child.stdin?.on('error', () => {})
    child.stdin?.end(options.input)
  })
}

/** A terminal's Ctrl-C no longer reaches children in groups of their own: they are ended with this process. */
const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) endGroup(child)
})

function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGTERM')
  } catch {
    // It has ended by itself.
  }
}

/** Standard output of a command that must succeed. Throws BED_COMMAND_FAILED with the end of what it printed. */
export async function mustRun(
  what: string,
  file: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const result = await runCommand(file, args, options)
  if (result.status === 0) return result.stdout
  throw faults.COMMAND_FAILED(what, outcomeOf(result), tail(result.stderr + result.stdout))
}

/** How a command ended, as the end of a sentence. */
export function outcomeOf({ status, signal }: Pick<CommandResult, 'status' | 'signal'>): string {
  return signal ? `was ended by ${signal}` : `failed with status ${status}`
}

/** The last lines of a text, indented. */
export function tail(text: string, lines = TAIL_LINES): string {
  const all = text.trimEnd().split('\n')
  return all
    .slice(-lines)
    .map(line => `  ${line}`)
    .join('\n')
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let chunks: Buffer[] = []
  let sizeBytes = 0
  stream.on('data', (chunk: Buffer) => {
    chunks.push(chunk)
    sizeBytes += chunk.length
    while (sizeBytes > OUTPUT_LIMIT_BYTES && chunks.length > 1) sizeBytes -= chunks.shift()!.length
  })
  return () => {
    chunks = [Buffer.concat(chunks)]
    return chunks[0]!.toString('utf8')
  }
}

function eachLine(stream: NodeJS.ReadableStream, take: (line: string) => void): void {
  let rest = ''
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('utf8')).split('\n')
    rest = lines.pop()!
    for (const line of lines) take(line)
  })
}

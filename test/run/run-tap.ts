/** Runs test files by tap and reads the counts off its stream. One line a file as it finishes, failures in full. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type TapCounts, type TapFailure, TapReader } from './tap-reader.ts'

export interface TapRun {
  files: readonly string[]
  jobs: number
  /** A file that takes longer is ended and has failed. */
  timeoutSeconds: number
  coverage?: boolean
  env?: NodeJS.ProcessEnv
}

/** Lines of a failure's diagnostic that are shown. */
const DIAGNOSTIC_LINES = 40

const ROOT = join(import.meta.dirname, '../..')
/** Run by path: its own first line would start the machine's Node.js. */
const TAP = join(ROOT, 'node_modules/.bin/tap')

/** A run that ends badly without a failed test counts as one failure. */
export async function runTap({ files, jobs, timeoutSeconds, coverage, env }: TapRun): Promise<TapCounts> {
  const args = ['run', '--reporter=tap', `--jobs=${jobs}`, `--timeout=${timeoutSeconds}`]
  if (coverage) args.push('--no-disable-coverage', '--coverage-report=text')
  const child = spawn(process.execPath, [TAP, ...args, ...files], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>
  const reader = new TapReader()
  let shown = 0
  for await (const text of createInterface({ input: child.stdout })) {
    const file = reader.line(text)
    if (coverage && !file && isCoverage(text)) console.log(text)
    if (!file) continue
    console.log(`  ${file.ok ? 'ok    ' : 'FAILED'} ${file.name}${file.took ? ` (${shortTime(file.took)})` : ''}`)
    for (const failure of reader.failures.slice(shown)) console.log(formatFailure(failure))
    shown = reader.failures.length
  }
  const [status, signal] = await closed
  if ((status !== 0 || signal) && reader.counts.failed === 0) {
    console.log(`  FAILED: tap ended with ${signal ?? `status ${status}`} although no test failed`)
    reader.counts.failed++
  }
  return reader.counts
}

/** Builds tap's test class with the plugins of .taprc. Throws when that fails. */
export async function buildTap(): Promise<void> {
  const child = spawn(process.execPath, [TAP, 'build'], { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] })
  const [status] = await once(child, 'close')
  if (status !== 0) throw new Error(`tap build failed with status ${status}`)
}

export function formatFailure({ path, diagnostic }: TapFailure): string {
  return [`    ${path.join(' › ')}`, ...diagnostic.slice(0, DIAGNOSTIC_LINES)].join('\n')
}

/** `2582.201ms` → `2.6 s`. */
export function shortTime(took: string): string {
  const durationMs = Number.parseFloat(took)
  return durationMs < 1000 ? `${Math.round(durationMs)} ms` : `${(durationMs / 1000).toFixed(1)} s`
}

function isCoverage(text: string): boolean {
  return text.includes('|') && !text.startsWith(' '.repeat(4))
}

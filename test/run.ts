/**
 * `npm test`: types, lint, unit, contract and house tests, then the tests on booted nodes. Ends with the one plain line
 * `N passed, N failed` from what was really counted; types and lint count as one test each.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { glob, mkdir, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type PhaseName, parseRunOptions, type RunOptions, testFiles, USAGE } from './run/phases.ts'
import { buildTap, runTap } from './run/run-tap.ts'
import type { TapCounts } from './run/tap-reader.ts'
import { JOURNAL_REMOTE } from './support/journal-remote.ts'
import { removeTestBeds } from './support/testbed/test-bed.ts'
import { aptInstall, missingPackages } from './testbed/preflight.ts'

const ROOT = join(import.meta.dirname, '..')

/** Command → Debian package, for what the tests call on this machine. */
const TOOLS = {
  'systemd-nspawn': 'systemd-container',
  systemctl: 'systemd',
  journalctl: 'systemd',
  mmdebstrap: 'mmdebstrap',
  ip: 'iproute2',
  curl: 'curl',
  tar: 'tar',
  xz: 'xz-utils',
  shellcheck: 'shellcheck',
  strace: 'strace',
  unshare: 'util-linux',
  groff: 'groff-base',
  man: 'man-db',
  zsh: 'zsh',
  fish: 'fish',
  logrotate: 'logrotate',
  chromium: 'chromium',
  [JOURNAL_REMOTE]: 'systemd-journal-remote',
}

const UNIT_TIMEOUT_SECONDS = 300
const SYSTEM_TIMEOUT_SECONDS = 900
const LONG_TIMEOUT_SECONDS = 3600

main().catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})

async function main(): Promise<void> {
  let options: RunOptions
  try {
    options = parseRunOptions(process.argv.slice(2))
  } catch (error) {
    console.error(`${(error as Error).message}\n${USAGE}`)
    process.exit(2)
  }
  const total: TapCounts = { passed: 0, failed: 0, skipped: 0 }
  const add = (counts: TapCounts) => {
    total.passed += counts.passed
    total.failed += counts.failed
    total.skipped += counts.skipped
  }
  const needsTap = options.phases.some(phase => phase !== 'types' && phase !== 'lint')
  if (needsTap) await prepare()
  for (const phase of options.phases) {
    const since = performance.now()
    console.log(`${phase}:`)
    const counts = await runPhase(phase, options).catch((error: unknown) => {
      console.log(`  FAILED: ${error instanceof Error ? error.stack : error}`)
      return { passed: 0, failed: 1, skipped: 0 }
    })
    add(counts)
    const took = ((performance.now() - since) / 1000).toFixed(1)
    console.log(`  ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped in ${took} s`)
  }
  if (total.skipped > 0) console.log(`${total.skipped} skipped`)
  console.log(`${total.passed} passed, ${total.failed} failed`)
  process.exit(total.failed > 0 || total.passed === 0 ? 1 : 0)
}

async function runPhase(phase: PhaseName, options: RunOptions): Promise<TapCounts> {
  if (phase === 'types') return checkTypes()
  if (phase === 'lint') return runTool('biome', ['check', '.'])
  const files = testFiles(phase, await Array.fromAsync(glob('test/**/*.test.ts', { cwd: ROOT })), options.longTest)
  if (files.length === 0) {
    if (phase === 'long' && options.longTest !== undefined)
      throw new Error(`there is no long test '${options.longTest}'`)
    return { passed: 0, failed: 0, skipped: 0 }
  }
  if (phase === 'unit') {
    const env = options.golden ? { GOLDEN: '1' } : {}
    return runTap({ files, jobs: 2, timeoutSeconds: UNIT_TIMEOUT_SECONDS, coverage: options.coverage, env })
  }
  // What a run that was killed has left behind.
  await removeTestBeds()
  try {
    // One after the other: they share a bed, which stays until all of them have run.
    return await runTap({
      files,
      jobs: 1,
      timeoutSeconds: phase === 'long' ? LONG_TIMEOUT_SECONDS : SYSTEM_TIMEOUT_SECONDS,
      env: { DCOS_TEST_BED: 'keep', DCOS_TEST_RUN: String(process.pid) },
    })
  } finally {
    await removeTestBeds()
  }
}

/** What runs under Node.js, and what runs in a browser: each knows names that the other does not. They count as one test. */
async function checkTypes(): Promise<TapCounts> {
  const ours = await runTool('tsc', ['--noEmit'])
  const pages = await runTool('tsc', ['--noEmit', '-p', 'src/log/page/script'])
  return ours.failed > 0 ? ours : pages
}

/** A development tool of node_modules, under the project's Node.js; counts as one test. */
async function runTool(name: string, args: readonly string[]): Promise<TapCounts> {
  const child = spawn(process.execPath, [join(ROOT, 'node_modules/.bin', name), ...args], {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const [status] = await once(child, 'close')
  return status === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 }
}

/** Debian packages that tests call, as far as this user may install them, and tap's own build, once per installation. */
async function prepare(): Promise<void> {
  const missing = await missingPackages(TOOLS)
  if (missing.length > 0 && process.getuid?.() === 0) {
    console.log(`installing ${missing.join(' ')}`)
    await aptInstall(missing)
  } else if (missing.length > 0) {
    console.log(`missing ${missing.join(' ')}: tests that need them are skipped or fail`)
  }
  const mark = join(ROOT, '.tap/built')
  const [built, installed, settings] = await Promise.all(
    [mark, join(ROOT, 'node_modules/.package-lock.json'), join(ROOT, '.taprc')].map(modifiedMs),
  )
  if (built! > Math.max(installed!, settings!)) return
  console.log('building tap with the plugins of .taprc')
  await buildTap()
  await mkdir(join(ROOT, '.tap'), { recursive: true })
  await writeFile(mark, '')
  await utimes(mark, new Date(), new Date())
}

async function modifiedMs(file: string): Promise<number> {
  return stat(file).then(
    ({ mtimeMs }) => mtimeMs,
    () => 0,
  )
}

/** mkpanda as a process of its own, in a folder of a test's project. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Project } from './project-fixture.ts'

/** The program by its source: tests run unbuilt. */
const MAIN = resolve(import.meta.dirname, '../../../pkgpanda/build/mkpanda/main.ts')

export function start(p: Project, folder: string, words: readonly string[]): ChildProcess {
  return spawn(process.execPath, [MAIN, ...words], {
    cwd: join(p.root, folder),
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, DCOS_NODE_CACHE: join(p.root, 'cache') },
  })
}

export async function mkpanda(p: Project, folder: string, ...words: string[]) {
  const child = start(p, folder, words)
  const [[status], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout!), text(child.stderr!)])
  return { status, lines: stdout.trim().split('\n'), stderr }
}

/**
 * `pkgpanda build` on a build machine: runs mkpanda, which lies beside pkgpanda in build/. A program of its own, since the package
 * manager of a node carries no bundler and no schemas of sources; this file must import neither.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { faults } from './errors.ts'

/**
 * `main` is the path of pkgpanda's own main.js, `build/programs/pkgpanda/main.js`. Resolves to mkpanda's exit status. Rejects
 * with BUILD_BUILDER_MISSING.
 */
export async function runBuilder(argv: readonly string[], main: string): Promise<number> {
  const program = resolve(dirname(main), '../../bin/mkpanda')
  if (!existsSync(program)) throw faults.BUILDER_MISSING(program)
  const child = spawn(program, argv, { stdio: 'inherit' })
  // A terminal's Ctrl-C reaches both: mkpanda tidies up, and this waits for it.
  const pass = (signal: NodeJS.Signals) => void child.kill(signal)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, pass)
  try {
    const [code, signal] = await once(child, 'close')
    return signal === null ? code : 1
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, pass)
  }
}

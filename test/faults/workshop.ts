/** What every test of the battery needs once: the program, a store of packages and a server for it, a directory in memory. */
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { scratchDirectory } from '../pkgpanda/node-fixture.ts'
import { startRepositoryServer } from '../support/repository-server/server.ts'
import { writeStore } from './packages.ts'
import { buildProgram } from './program.ts'
import type { Workshop } from './scenarios.ts'

export interface OpenWorkshop extends Workshop {
  /** For nodes; gone after the test. */
  readonly scratch: string
}

/** Why the battery cannot run here, or false. */
export function noFaults(): string | false {
  if (spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status !== 0) return 'strace cannot trace programs here'
  return false
}

export async function openWorkshop(t: Test): Promise<OpenWorkshop> {
  const scratch = scratchDirectory(t)
  const store = join(scratch, 'store')
  mkdirSync(store)
  writeStore(store)
  const program = await buildProgram(join(scratch, 'program'))
  const server = await startRepositoryServer({ roots: [store], host: '127.0.0.1', port: 0 })
  t.teardown(() => server[Symbol.asyncDispose]())
  return { program, store, storeUrl: server.url.replace(/\/$/, ''), scratch }
}

/** A new directory for one scenario. */
export function scratchOf({ scratch }: OpenWorkshop, name: string): string {
  const directory = join(scratch, name.replaceAll(/\W+/g, '-'))
  mkdirSync(directory, { recursive: true })
  return directory
}

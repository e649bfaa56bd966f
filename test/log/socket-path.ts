// A UNIX socket's path holds 107 bytes, which a clone's own folder may exceed.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

/** Gone with the test. */
export function socketPath(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'dcos-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  return join(directory, 's')
}

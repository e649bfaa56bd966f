/** Programs of another Debian release, run on this machine: `testbed.sh tree` extracts their packages into the cache, with all they need. */
import { join } from 'node:path'
import { mustRun } from '../testbed/command.ts'

const SCRIPT = join(import.meta.dirname, '../testbed/testbed.sh')
const TIMEOUT_MS = 5 * 60_000

/**
 * The command that starts a program of the tree, which is named by its path there (`usr/bin/journalctl`) in the argument that follows.
 * `scratch`: for logs. Throws BED_COMMAND_FAILED, without the archive for one.
 */
export async function debianTree(suite: string, packages: readonly string[], scratch: string): Promise<string> {
  const env = { ...process.env, TESTBED_SUITE: suite, TESTBED_DIR: scratch }
  const printed = await mustRun('testbed.sh tree', SCRIPT, ['tree', ...packages], { env, timeoutMs: TIMEOUT_MS })
  return join(printed.trim(), 'exec')
}

// journalctl comes with Debian's package systemd, which test/run.ts installs; by hand it may be absent.
import { spawnSync } from 'node:child_process'

/** The reason to skip, or false. */
export function journalctlMissing(): string | false {
  return spawnSync('journalctl', ['--version']).status === 0 ? false : 'journalctl is not installed (package systemd)'
}

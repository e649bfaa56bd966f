/** The world outside of a change that the API makes: no terminal, no waiting for dcos.target, and never its own end. */
import { randomBytes } from 'node:crypto'
import { existsSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { openJournalSender } from '../../src/shared/log/journal-socket.ts'
import type { Log } from '../../src/shared/log/journald.ts'
import { hostUsers } from '../activation/users.ts'
import type { CommandWorld } from '../command.ts'
import { type InstallPaths, swappedPath } from '../swap/install-paths.ts'
import { createSystemctl } from '../units/systemctl.ts'
import { sparingOwnUnits } from './own-units.ts'

export interface WorldOptions {
  paths: InstallPaths
  log: Log
  /** Whether this process is the service of own-units.ts, and no other one run by hand. */
  isService: boolean
}

export function apiWorld({ paths, log, isService }: WorldOptions): Omit<CommandWorld, 'origin' | 'progress'> {
  return {
    out: () => {},
    err: text => log.warning(text.trim()),
    users: hostUsers(),
    systemctl: () => {
      // Nobody waits for the target: this very service may be among what it starts. What is stopped is waited for, see systemctl.ts.
      const systemctl = createSystemctl({ noBlock: true })
      return isService ? sparingOwnUnits(systemctl, { systemdDirectory: paths.systemdDirectory }) : systemctl
    },
    random: randomName,
    openAudit: openJournalSender,
    isTerminal: false,
    self: [process.execPath, ...process.execArgv, pkgpandaProgram(paths)],
  }
}

export function randomName(): string {
  return randomBytes(8).toString('hex')
}

/**
 * The main program of pkgpanda, for the script that finishes an interrupted swap: in the directory of the active package, which no
 * swap moves, or beside this program when it is run by hand.
 */
function pkgpandaProgram(paths: InstallPaths): string {
  const here = realpathSync(process.argv[1] ?? '')
  const candidates = [
    join(swappedPath(paths, 'active'), 'pkgpanda/pkgpanda/main.js'),
    join(dirname(here), '../pkgpanda/main.js'),
    join(dirname(here), '../main.ts'),
  ]
  const found = candidates.find(path => existsSync(path))
  return found === undefined ? join(swappedPath(paths, 'bin'), 'pkgpanda') : realpathSync(found)
}

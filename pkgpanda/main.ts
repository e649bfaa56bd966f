/** pkgpanda: the package manager of a node. Wiring only; the commands stand in command-table.ts. */
import { randomBytes } from 'node:crypto'
import { realpathSync, writeSync } from 'node:fs'
import { openJournalSender } from '../src/shared/log/journal-socket.ts'
import { hostUsers } from './activation/users.ts'
import { runCommandLine } from './cli.ts'
import { processOrigin } from './record/audit.ts'
import { createSystemctl } from './units/systemctl.ts'

// Packages are unpacked and links made for everyone to read, whatever the shell that started this.
process.umask(0o022)
// ROOT/environment, which dcos-setup.service reads, has no /usr/sbin: useradd is only there where /sbin is a directory of its own.
process.env.PATH = [process.env.PATH, '/usr/sbin:/usr/bin:/sbin:/bin'].filter(Boolean).join(':')

runCommandLine(process.argv.slice(2), {
  out: text => void writeSync(1, text),
  err: text => void writeSync(2, text),
  users: hostUsers(),
  systemctl: noBlock => createSystemctl({ noBlock }),
  random: () => randomBytes(8).toString('hex'),
  origin: processOrigin,
  openAudit: openJournalSender,
  isTerminal: process.stderr.isTTY ?? false,
  columns: process.stderr.columns ?? process.stdout.columns,
  self: [process.execPath, ...process.execArgv, realpathSync(process.argv[1] ?? '')],
}).then(status => {
  process.exitCode = status
})

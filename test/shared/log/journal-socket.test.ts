/** The native protocol of journald: encoding with its limits, and entries sent to a socket that stands in for it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DgramSocket } from 'node-unix-socket'
import t from 'tap'
import { encodeJournalEntry, openJournalSender } from '../../../src/shared/log/journal-socket.ts'

t.test('fields: a line each, or with a length where a value has lines of its own', async t => {
  t.equal(encodeJournalEntry({ MESSAGE: 'a=b', PRIORITY: 5 }).toString(), 'MESSAGE=a=b\nPRIORITY=5\n')
  t.equal(encodeJournalEntry({ EMPTY: '' }).toString(), 'EMPTY=\n')
  const length = Buffer.from([5, 0, 0, 0, 0, 0, 0, 0])
  t.strictSame(
    encodeJournalEntry({ A: 'x\nB=y', C: 'é' }),
    Buffer.concat([Buffer.from('A\n'), length, Buffer.from('x\nB=y\nC=é\n')]),
  )
})

t.test('limits: values are cut in whole characters, an entry ends before the field that is too much', async t => {
  const cut = encodeJournalEntry({ A: 'x'.repeat(10_000) })
  t.equal(cut.length, 'A=\n'.length + 8 * 1024)
  const characters = encodeJournalEntry({ A: `x${'é'.repeat(5_000)}` })
  t.notMatch(characters.toString(), '\ufffd')
  t.equal(characters.length, 'A=\n'.length + 8 * 1024 - 1)
  const many = Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`F${index}`, 'x'.repeat(8 * 1024)]))
  const entry = encodeJournalEntry({ FIRST: 1, ...many })
  t.ok(entry.length <= 64 * 1024, `${entry.length} bytes`)
  t.match(entry.toString(), /^FIRST=1\nF0=x+\n(F\d=x+\n)*F6=x+\n$/)
})

function standIn(t: Pick<typeof import('tap').default, 'teardown'>) {
  const directory = mkdtempSync(join(tmpdir(), 'dcos-journal-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  return join(directory, 'socket')
}

t.test('an entry arrives as one datagram', async t => {
  const socketPath = standIn(t)
  const journal = new DgramSocket()
  journal.bind(socketPath)
  t.teardown(() => journal.close())
  const received = new Promise<Buffer>(resolve => journal.once('data', resolve))
  t.equal(await (await openJournalSender({ socketPath }))({ MESSAGE: 'two\nlines', PRIORITY: 4 }), true)
  t.strictSame(await received, encodeJournalEntry({ MESSAGE: 'two\nlines', PRIORITY: 4 }))
})

t.test('without a journald: false, and nothing is thrown', async t => {
  const socketPath = standIn(t)
  t.equal(await (await openJournalSender({ socketPath }))({ MESSAGE: 'x' }), false, 'no socket')
  t.equal(
    await (await openJournalSender({ socketPath: join(socketPath, 'no') }))({ MESSAGE: 'x' }),
    false,
    'no directory',
  )
})

t.test('a journald that stands still does not hold up the sender for ever', async t => {
  const socketPath = standIn(t)
  const script = `const { DgramSocket } = require('node-unix-socket'); new DgramSocket().bind(${JSON.stringify(socketPath)}); console.log('bound')`
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  t.teardown(async () => {
    child.kill('SIGKILL')
    await once(child, 'exit')
  })
  await once(child.stdout, 'data')
  child.kill('SIGSTOP')
  // The kernel keeps net.unix.max_dgram_qlen of them, 10 or 512.
  let sent = 0
  while (sent < 1_000 && (await (await openJournalSender({ socketPath, timeoutMs: 200 }))({ MESSAGE: 'x' }))) sent++
  t.ok(sent < 1_000, `${sent} were taken, the next was given up`)
})

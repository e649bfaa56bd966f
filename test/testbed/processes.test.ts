import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { openProcesses, parseStartTicks } from './processes.ts'

const stat = (name: string, state: string) =>
  `42 (${name}) ${state} 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 777 20 21`

const cases = [
  { what: 'a plain name', given: stat('node', 'S'), want: '777' },
  { what: 'a name with blanks and parentheses', given: stat('a) S (b', 'R'), want: '777' },
  { what: 'a zombie has ended', given: stat('node', 'Z'), want: undefined },
  { what: 'no such process', given: '', want: undefined },
]
for (const { what, given, want } of cases) {
  t.test(`proc_pid_stat(5): ${what}`, async t => t.equal(parseStartTicks(given), want))
}

t.test('a recorded process is started once, found again and ended', async t => {
  const directory = t.testdir()
  const sleeper = [process.execPath, '-e', 'console.log("up"); setInterval(() => {}, 1000)']
  const first = openProcesses(directory)
  t.teardown(() => first.stopAll())
  t.equal(await first.ensure('sleeper', sleeper), true)
  t.equal(await openProcesses(directory).ensure('sleeper', sleeper), false, 'another command finds it')
  t.equal(await first.alive('sleeper'), true)
  await first.check('sleeper')

  t.equal(await first.ensure('sleeper', [...sleeper, 'again']), true, 'another command line takes its place')
  const { pid } = JSON.parse(await readFile(join(directory, 'sleeper.json'), 'utf8'))
  await first.stop('sleeper')
  t.equal(await first.alive('sleeper'), false)
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' })
  await first.stop('sleeper')
})

t.test('a pid that is somebody else by now is left alone', async t => {
  const directory = t.testdir()
  await writeFile(join(directory, 'old.json'), JSON.stringify({ pid: process.pid, startTicks: '1', command: [] }))
  const processes = openProcesses(directory)
  t.equal(await processes.alive('old'), false)
  await t.resolves(processes.stopAll(), 'and this process is still here to see it')
})

t.test('a process that dies at once is a fault with the end of its log', async t => {
  const processes = openProcesses(t.testdir())
  await processes.ensure('brief', [process.execPath, '-e', 'console.error("no such thing"); process.exit(1)'])
  while (await processes.alive('brief')) await new Promise(resolve => setImmediate(resolve))
  await t.rejects(processes.check('brief'), { code: 'BED_PROCESS_DIED', message: /no such thing/ })
})

t.test('a second start on the same bed is refused', async t => {
  const directory = t.testdir()
  const other = openProcesses(directory)
  t.teardown(() => other.stopAll())
  await other.ensure('start', [process.execPath, '-e', 'setInterval(() => {}, 1000)'])
  await t.rejects(openProcesses(directory).claim('start'), { code: 'BED_START_RUNNING' })
  await other.stop('start')
  await openProcesses(directory).claim('start')
  t.equal(await other.alive('start'), true)
})

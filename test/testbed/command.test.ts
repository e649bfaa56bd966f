import t from 'tap'
import { mustRun, outcomeOf, runCommand, tail } from './command.ts'

t.test('what a command printed, and how it ended', async t => {
  t.match(await runCommand('sh', ['-c', 'cat; echo no >&2; exit 3'], { input: 'yes' }), {
    status: 3,
    signal: null,
    stdout: 'yes',
    stderr: 'no\n',
  })
  await t.rejects(runCommand('/no/such/program', []), { code: 'ENOENT' })
})

t.test('a command that must succeed', async t => {
  t.equal(await mustRun('saying yes', 'echo', ['yes']), 'yes\n')
  await t.rejects(mustRun('looking', 'sh', ['-c', 'echo not here >&2; exit 2']), {
    code: 'BED_COMMAND_FAILED',
    message: 'looking failed with status 2:\n  not here',
  })
})

t.test('a time limit ends what the command has started, too', async t => {
  // Its child would hold the output open for a minute.
  const result = await runCommand('sh', ['-c', 'sleep 60 & wait'], { timeoutMs: 50 })
  t.equal(result.signal, 'SIGTERM')
  t.equal(outcomeOf(result), 'was ended by SIGTERM')
})

t.test('an abort ends it, and lines come as they are written', async t => {
  const controller = new AbortController()
  const lines: string[] = []
  const result = await runCommand('sh', ['-c', 'echo one >&2; echo two >&2; sleep 60'], {
    signal: controller.signal,
    onErrorLine: line => {
      lines.push(line)
      if (line === 'two') controller.abort()
    },
  })
  t.same(lines, ['one', 'two'])
  t.equal(result.signal, 'SIGTERM')
})

t.test('the end of an output', async t => {
  t.equal(tail('a\nb\nc\n', 2), '  b\n  c')
})

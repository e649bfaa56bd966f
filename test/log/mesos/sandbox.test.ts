// Where a task's files lie, and what is no place at all.
import t from 'tap'
import { sandboxFile, sandboxPath } from '../../../src/log/mesos/sandbox.ts'

const IDS = { framework: 'f', executor: 'e', container: 'c' }

t.test('log 7.2: the directory of a task, and of one of a pod', async t => {
  t.equal(sandboxPath('/w', 'a-S0', IDS), '/w/slaves/a-S0/frameworks/f/executors/e/runs/c')
  t.equal(
    sandboxPath('/w', 'a-S0', { ...IDS, task: 't.1' }),
    '/w/slaves/a-S0/frameworks/f/executors/e/runs/c/tasks/t.1',
  )
})

const NAMES = ['', '.', '..', 'a/b', '/', 'a\0', 'a\nb', '\u007f', 'x'.repeat(256)]

for (const key of ['framework', 'executor', 'container', 'task']) {
  t.test(`an id that is no name of a directory, as ${key}, is no route`, async t => {
    for (const id of NAMES)
      t.throws(() => sandboxPath('/w', 'a', { ...IDS, [key]: id }), { code: 'HTTP_NOT_FOUND' }, JSON.stringify(id))
  })
}

t.test('log 7: a file is below its sandbox, whatever its name says', async t => {
  for (const file of ['stdout', 'stdout.1', 'a/b/c', '...', '..a', 'a b', 'ü']) t.equal(sandboxFile(file), file)
  for (const file of ['', '.', '..', '../x', 'a/../../x', 'a//b', '/etc/passwd', 'a/', './a', 'a\0b', 'x'.repeat(256)])
    t.throws(() => sandboxFile(file), { code: 'LOG_FILE_NAME_INVALID', status: 400 }, JSON.stringify(file))
})

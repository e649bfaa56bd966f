import t from 'tap'
import { createOrderedReport } from '../../../pkgpanda/build/ordered-report.ts'
import { runSteps } from '../../../pkgpanda/build/schedule.ts'
import { unlessAborted } from '../../../pkgpanda/build/unless-aborted.ts'

const DIAMOND = [
  { key: 'a', dependencies: [] },
  { key: 'b', dependencies: ['a'] },
  { key: 'c', dependencies: ['a'] },
  { key: 'd', dependencies: ['a', 'b', 'c'] },
]

/** Work that ends when the test says so. */
function manual() {
  const running = new Map<string, PromiseWithResolvers<string>>()
  const started: string[] = []
  return {
    started,
    work: async (key: string, _results: ReadonlyMap<string, string>, signal: AbortSignal) => {
      started.push(key)
      const ending = Promise.withResolvers<string>()
      running.set(key, ending)
      return await unlessAborted(ending.promise, signal)
    },
    async end(key: string, error?: Error) {
      if (error) running.get(key)?.reject(error)
      else running.get(key)?.resolve(key.toUpperCase())
      await new Promise(setImmediate)
    },
  }
}

const settings = (parallel: number, signal = new AbortController().signal) => ({ parallel, signal })

t.test('what does not need each other runs at the same time, within the bound', async t => {
  const { work, started, end } = manual()
  const all = runSteps(DIAMOND, settings(2), work)
  await new Promise(setImmediate)
  t.strictSame(started, ['a'])
  await end('a')
  t.strictSame(started, ['a', 'b', 'c'])
  await end('c')
  t.strictSame(started, ['a', 'b', 'c'], 'd waits for b')
  await end('b')
  await end('d')
  t.strictSame([...(await all)].sort(), [
    ['a', 'A'],
    ['b', 'B'],
    ['c', 'C'],
    ['d', 'D'],
  ])

  const one = manual()
  const alone = runSteps(DIAMOND.slice(0, 1).concat([{ key: 'e', dependencies: [] }]), settings(1), one.work)
  await new Promise(setImmediate)
  t.strictSame(one.started, ['a'], 'one slot')
  await one.end('a')
  await one.end('e')
  t.equal((await alone).size, 2)
})

t.test('the first failure stops what runs and what waits, and is what is told', async t => {
  const { work, started, end } = manual()
  const all = runSteps([...DIAMOND, { key: 'e', dependencies: [] }], settings(2), work)
  await new Promise(setImmediate)
  t.strictSame(started, ['a', 'e'])
  const failure = t.rejects(all, { message: 'first' })
  await end('e', new Error('first'))
  await failure
  t.strictSame(started, ['a', 'e'])
})

t.test('an interruption is told as what it was', async t => {
  const { work, started } = manual()
  const controller = new AbortController()
  const all = runSteps(DIAMOND, settings(2, controller.signal), work)
  await new Promise(setImmediate)
  controller.abort(new Error('interrupted'))
  await t.rejects(all, { message: 'interrupted' })
  t.strictSame(started, ['a'])
  await t.rejects(unlessAborted(Promise.resolve(1), controller.signal), { message: 'interrupted' })
})

t.test('lines come in the order of the list, those of the first at once', async t => {
  const lines: string[] = []
  const report = createOrderedReport(['a', 'b', 'c'], line => lines.push(line))
  report.line('b', 'b1')
  report.line('a', 'a1')
  t.strictSame(lines, ['a1'])
  report.end('b')
  report.line('b', 'too late')
  report.line('c', 'c1')
  report.end('a')
  t.strictSame(lines, ['a1', 'b1', 'c1'])
  report.line('c', 'c2')
  report.end('c')
  t.strictSame(lines, ['a1', 'b1', 'c1', 'c2'])
})

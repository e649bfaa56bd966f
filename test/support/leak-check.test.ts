import { createServer } from 'node:net'
import t from 'tap'
import { startLeakCheck } from './leak-check.ts'

t.test('what was opened and not closed is named; what was closed, or was open before, is not', async t => {
  const before = setInterval(() => {}, 60_000)
  t.teardown(() => clearInterval(before))
  const leak = startLeakCheck()
  const server = createServer()
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const timer = setTimeout(() => {}, 60_000)
  t.same((await leak.leaked()).sort(), ['TCPServerWrap', 'Timeout'])
  clearTimeout(timer)
  t.same(await leak.leaked(), ['TCPServerWrap'])
  await new Promise(resolve => server.close(resolve))
  t.same(await leak.leaked(), [])
})

// The operator's script, and what it may print.
import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { detectAddress, parseAddress } from '../../../src/shared/cluster/detect-address.ts'
import { Fault } from '../../../src/shared/errors/fault.ts'

const unknown = (command: string, why: string) => new Fault('TEST_ADDRESS_UNKNOWN', 500, `${command}: ${why}`, '')

t.test('the script that tells the address', async t => {
  const directory = t.testdir({
    good: '#!/bin/sh\necho " 10.0.0.5 "\n',
    six: '#!/bin/sh\necho fd00::5\n',
    name: '#!/bin/sh\necho node-7\n',
    fails: '#!/bin/sh\necho no route >&2; exit 3\n',
    hangs: '#!/bin/sh\nexec sleep 30\n',
  })
  const run = (name: string, timeoutMs?: number) => {
    const path = join(directory, name)
    if (name !== 'missing') chmodSync(path, 0o755)
    return detectAddress(path, unknown, timeoutMs)
  }
  t.equal(await run('good'), '10.0.0.5')
  t.equal(await run('six'), 'fd00::5')
  await t.rejects(run('name'), { message: /printed 'node-7'/ })
  await t.rejects(run('fails'), { message: /exit status 3, no route/ })
  await t.rejects(run('hangs', 100), { message: /no end within 100 ms/ })
  await t.rejects(run('missing'), { message: /ENOENT/ })
  t.throws(() => parseAddress('', 'x', unknown), { code: 'TEST_ADDRESS_UNKNOWN' })
  t.throws(() => parseAddress('10.0.0.5\n10.0.0.6\n', 'x', unknown), { code: 'TEST_ADDRESS_UNKNOWN' })
})

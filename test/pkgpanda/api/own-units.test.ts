/** The API's own units in an activation that it makes: never stopped by it, restarted when all is in place. */
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { sparingOwnUnits } from '../../../pkgpanda/api/own-units.ts'
import { recordedSystemctl, scratchDirectory } from '../node-fixture.ts'

const SERVICE = 'dcos-pkgpanda-api.service'
const SOCKET = 'dcos-pkgpanda-api.socket'

function make(t: Test, stop?: () => Promise<void>, outcome: { status: number; stderr?: string } = { status: 0 }) {
  const calls: string[] = []
  const systemdDirectory = scratchDirectory(t)
  for (const unit of [SERVICE, SOCKET]) writeFileSync(join(systemdDirectory, unit), `${unit} 1`)
  const base = recordedSystemctl(calls)
  const systemctl = sparingOwnUnits(stop ? { ...base, stop } : base, {
    systemdDirectory,
    run: async argv => {
      calls.push(argv.join(' '))
      return outcome
    },
  })
  return { calls, systemctl, at: (unit: string) => join(systemdDirectory, unit) }
}

t.test('a change of other packages does not touch them', async t => {
  const { calls, systemctl } = make(t)
  await systemctl.stop(['a.service'])
  await systemctl.reload()
  await systemctl.startTarget()
  t.strictSame(calls, ['stop a.service', 'reload', 'start'])
})

t.test('a new version is started at the end, without waiting; a socket of the same text goes on listening', async t => {
  const { calls, systemctl } = make(t)
  await systemctl.stop(['a.service', SERVICE, SOCKET])
  await systemctl.reload()
  await systemctl.startTarget()
  t.strictSame(calls, ['stop a.service', 'reload', 'start', `restart --no-block ${SERVICE}`])
  await systemctl.startTarget()
  t.equal(calls.length, 5, 'once')
})

t.test('a socket whose text changed is opened anew, in one call with its service', async t => {
  const { calls, systemctl, at } = make(t)
  await systemctl.stop([SERVICE, SOCKET])
  writeFileSync(at(SOCKET), 'another')
  await systemctl.startTarget()
  t.strictSame(calls, ['stop', 'start', `restart --no-block ${SERVICE} ${SOCKET}`])
})

t.test('a set without them stops them at the end', async t => {
  const { calls, systemctl, at } = make(t)
  await systemctl.stop([SERVICE, SOCKET])
  for (const unit of [SERVICE, SOCKET]) rmSync(at(unit))
  await systemctl.startTarget()
  t.strictSame(calls, ['stop', 'start', `stop --no-block ${SERVICE} ${SOCKET}`])
})

t.test('a restart that systemd refuses is a failure of the change', async t => {
  const { systemctl } = make(t, undefined, { status: 4, stderr: 'no\n' })
  await systemctl.stop([SERVICE])
  await t.rejects(systemctl.startTarget(), {
    code: 'PKGPANDA_SYSTEMCTL_FAILED',
    message: `systemctl restart --no-block ${SERVICE} ended with 4: no`,
  })
})

t.test('a change that could not stop the others leaves them alone', async t => {
  const { calls, systemctl } = make(t, () => Promise.reject(new Error('refused')))
  await t.rejects(systemctl.stop(['a.service', SERVICE]), { message: 'refused' })
  await systemctl.startTarget()
  t.strictSame(calls, ['start'])
})

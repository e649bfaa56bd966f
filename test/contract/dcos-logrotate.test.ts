// The tables of docs/contracts/dcos-logrotate.md: what genconf writes is what dcos-logrotate reads, in the files of its unit.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { logrotate, rotatedFiles } from '../../pkgpanda/genconf/components/logrotate.ts'
import { loadConfig } from '../../src/logrotate/config.ts'
import { parseRotation } from '../../src/logrotate/directives.ts'
import { tableRows } from '../support/contract-table.ts'

const ROOT = join(import.meta.dirname, '../..')
const CONTRACT = readFileSync(join(ROOT, 'docs/contracts/dcos-logrotate.md'), 'utf8')

/** Role → where its configuration lies in the package. */
const FOLDERS: Record<string, readonly string[]> = { master: ['etc_master'], agent: ['etc_slave', 'etc_slave_public'] }

t.test('logrotate 1 and 2: files by role', async t => {
  const rows = tableRows(CONTRACT, '1 Units').map(row => row.map(cell => cell.replaceAll('`', '')))
  t.equal(rows.length, 2)
  const files = new Map(logrotate.files({ mesos_log_retention_mb: '4000' }).map(({ path, content }) => [path, content]))
  t.equal(files.size, 3)
  for (const [role = '', configFile = '', log = '', archive = '', stateFile] of rows) {
    t.match(loadConfig(['-role', role], {}), { configFile, stateFile })
    for (const folder of FOLDERS[role] ?? []) {
      const path = `${folder}/${configFile.slice('/opt/mesosphere/etc/'.length)}`
      const wanted = { log, archive, sizeBytes: 256 * 1024 ** 2, count: 137 }
      t.strictSame(parseRotation(files.get(path) ?? '', path), wanted, path)
    }
    const unit = readFileSync(join(ROOT, `units/dcos-logrotate-${role}.service`), 'utf8')
    const writable = /^ReadWritePaths=(.*)$/m.exec(unit)?.[1]?.split(' ') ?? []
    const isWritable = (path: string) => writable.some(each => `${path}/`.startsWith(`${each.replace('-', '')}/`))
    for (const path of [dirname(log), archive, dirname(stateFile ?? '')]) t.ok(isWritable(path), `${role}: ${path}`)
  }
})

t.test('logrotate 2: how many files the space allows', async t => {
  const rows = tableRows(CONTRACT, '2 Configuration')
  t.ok(rows.length >= 5)
  for (const [retention, count] of rows) t.equal(rotatedFiles(Number(retention)), Number(count), `${retention} MB`)
})

// The parameter unit → what journalctl -u matches (log 3.5), by asking journalctl, over entries of which some pretend.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { unitClauses } from '../../src/log/unit.ts'
import { openJournalFiles } from '../../src/shared/journal/file/open.ts'
import { openJournalctl } from '../../src/shared/journal/journalctl.ts'
import { journalctlMatches } from '../../src/shared/journal/matches.ts'
import { createRandom, journalRemoteMissing, type Random, writeJournal } from '../shared/journal/file/write-journal.ts'
import { journalctlMissing } from '../shared/journal/journalctl-missing.ts'
import { all } from '../shared/journal/reader-suite.ts'

const COREDUMP = 'fc2e22bc6ee647b6b90729ab34a250b1'
const forever = new AbortController().signal

const names: [given: string, unit: string][] = [
  ['dcos-spartan.service', 'dcos-spartan.service'],
  ['dcos-spartan', 'dcos-spartan.service'],
  ['init.scope', 'init.scope'],
  ['-.mount', '-.mount'],
  ['user@1000.service', 'user@1000.service'],
  ['dev-disk-by\\x2duuid-1.device', 'dev-disk-by\\x2duuid-1.device'],
  ['org.example.thing', 'org.example.thing.service'],
  ['service', 'service.service'],
  ['x'.repeat(247), `${'x'.repeat(247)}.service`],
]
for (const [given, unit] of names) {
  t.test(`log 3.5: ${given.slice(0, 40)}: the alternatives of journalctl -u, and no more`, async t => {
    const asked = journalctlMatches(unitClauses(given))?.join(' ').split(' + ')
    t.same(asked, [
      `_SYSTEMD_UNIT=${unit}`,
      `UNIT=${unit} _PID=1`,
      `OBJECT_SYSTEMD_UNIT=${unit} _UID=0`,
      `COREDUMP_UNIT=${unit} MESSAGE_ID=${COREDUMP} _UID=0`,
    ])
  })
}

for (const name of ['', '@.service', '@x', 'a b', 'a/b', '/dev/sda', '*.service', 'ä', 'x'.repeat(248)]) {
  t.test(`log 3.5: '${name.slice(0, 40)}' is no unit`, async t => {
    t.throws(() => unitClauses(name), { code: 'LOG_UNIT_INVALID', status: 400 })
  })
}

const UNITS = ['a.service', 'b.service', 'c.slice', 'c.service']

/** Every field that decides, in whatever company. */
function entry(random: Random, i: number): string {
  const pick = <T>(list: readonly T[]): T => list[random(list.length)]!
  const unit = () => pick(UNITS)
  const fields: [name: string, value: string][] = [
    ['__REALTIME_TIMESTAMP', String(1_500_000_000_000_000 + i)],
    ['__MONOTONIC_TIMESTAMP', String(1_000_000 + i)],
    ['_BOOT_ID', '1'.repeat(32)],
    ['MESSAGE', `entry ${i}`],
    ['_PID', pick(['1', '1', '2'])],
    ['_UID', pick(['0', '0', '1000'])],
  ]
  const some = (name: string, value: () => string) => {
    if (random(3) === 0) fields.push([name, value()])
  }
  some('_SYSTEMD_UNIT', unit)
  some('_SYSTEMD_SLICE', () => 'c.slice')
  some('UNIT', unit)
  some('OBJECT_SYSTEMD_UNIT', unit)
  some('COREDUMP_UNIT', unit)
  some('MESSAGE_ID', () => pick([COREDUMP, '2'.repeat(32)]))
  return `${fields.map(([name, value]) => `${name}=${value}\n`).join('')}\n`
}

t.test(
  'log 3.5: what is shown is what journalctl -u shows',
  { skip: journalctlMissing() || journalRemoteMissing() },
  async t => {
    const directory = t.testdir()
    const random = createRandom(20170401)
    for (const [i, compact] of [true, false].entries()) {
      const text = Array.from({ length: 400 }, (_, at) => entry(random, 400 * i + at)).join('')
      writeJournal(join(directory, `${i}.journal`), Buffer.from(text), { compact, keyedHash: true, compressed: false })
    }
    for (const unit of [...UNITS, 'a', 'none.service']) {
      const args = ['--directory', directory, '--output=json', '--output-fields=MESSAGE', '--unit', unit]
      const output = execFileSync('journalctl', args, { encoding: 'utf8' })
      const wanted = output.match(/(?<="__CURSOR":")[^"]+/g) ?? []
      t.equal(wanted.length === 0, unit === 'none.service', `${unit}: ${wanted.length}`)
      for (const journal of [openJournalFiles({ directory }), openJournalctl({ directory })]) {
        for (const direction of ['forwards', 'backwards'] as const) {
          await using reader = await journal.open(unitClauses(unit), forever)
          if (direction === 'backwards') reader.seekTail()
          const found = (await all(reader, direction, 0n, false)).map(({ cursor }) => cursor)
          t.same(found, direction === 'forwards' ? wanted : wanted.toReversed(), `${unit}, ${direction}`)
        }
      }
    }
  },
)

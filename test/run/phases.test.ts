import t from 'tap'
import { parseRunOptions, testFiles } from './phases.ts'

const EVERYDAY = ['types', 'lint', 'unit', 'systemd']

const lines = [
  { given: [], want: { phases: EVERYDAY, coverage: false, golden: false } },
  { given: ['--only', 'types,lint'], want: { phases: ['types', 'lint'] } },
  { given: ['--long'], want: { phases: [...EVERYDAY, 'long'] } },
  { given: ['--long', '--', 'suites'], want: { phases: [...EVERYDAY, 'long'] }, throws: true },
  { given: ['--long', 'suites'], want: { phases: ['long'], longTest: 'suites' } },
  { given: ['--coverage'], want: { phases: ['unit'], coverage: true } },
  { given: ['--golden'], want: { phases: ['unit'], golden: true } },
  { given: ['--only', 'unit,everything'], throws: true },
  { given: ['--only'], throws: true },
  { given: ['--quick'], throws: true },
]

for (const { given, want, throws } of lines) {
  t.test(`npm test -- ${given.join(' ')}`, async t => {
    if (throws) t.throws(() => parseRunOptions(given), TypeError)
    else t.match(parseRunOptions(given), want!)
  })
}

t.test('each test file belongs to one phase', async t => {
  const all = [
    'src/log/main.ts',
    'test/systemd/10-install.test.ts',
    'test/log/range.test.ts',
    'test/long/suites.test.ts',
    'test/long/reproducible.test.ts',
    'test/support/mesos/server.ts',
  ]
  t.same(testFiles('unit', all), ['test/log/range.test.ts'])
  t.same(testFiles('systemd', all), ['test/systemd/10-install.test.ts'])
  t.same(testFiles('long', all), ['test/long/reproducible.test.ts', 'test/long/suites.test.ts'])
  t.same(testFiles('long', all, 'suites'), ['test/long/suites.test.ts'])
  t.same(testFiles('long', all, 'missing'), [])
  t.same(testFiles('types', all), [])
})

/** /metrics: names and labels of 1.11, the text format written and read, the relay of other daemons' files (metrics 6). */
import { execFileSync } from 'node:child_process'
import { renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { datapointFamilies } from '../../src/metrics/prometheus/datapoints.ts'
import { prometheusName } from '../../src/metrics/prometheus/names.ts'
import { parseFamilies, TextFormatError } from '../../src/metrics/prometheus/parse.ts'
import {
  createRelay,
  RELAY_FILE_MAX_BYTES,
  RELAY_FILES_MAX,
  RELAY_TOTAL_MAX_BYTES,
} from '../../src/metrics/prometheus/relay.ts'
import { escapeHelp, formatValue, renderFamilies, sampleLine } from '../../src/metrics/prometheus/text.ts'
import { createLog } from '../../src/shared/log/journald.ts'

const EXTRA = ['dcos_component_name', 'x'] as const
const parse = (text: string) => parseFamilies(text, EXTRA)

/** The line that a malformed text is refused for; undefined when it is taken. */
function badLine(text: string): number | undefined {
  try {
    parse(text)
    return undefined
  } catch (error) {
    if (error instanceof TextFormatError) return error.line
    throw error
  }
}

t.test('names (metrics 6.2)', async t => {
  const cases = {
    'cpus.user.time': 'cpus_user_time',
    '1kafka.Lag': '_1kafka_lag',
    'DCOS_SERVICE-Name': 'dcos_service_name',
    'a:b/c d': 'a_b_c_d',
    é: '_',
    '': '_',
  }
  for (const [raw, name] of Object.entries(cases)) t.equal(prometheusName(raw), name, raw)
})

const DIMENSIONS = { mesos_id: 'S0', cluster_id: 'C', hostname: '10.0.0.5' }
const LABELS =
  'mesos_id="S0",cluster_id="C",container_id="",executor_id="",framework_name="",framework_id="",framework_role="",' +
  'framework_principal="",task_name="",task_id="",hostname="10.0.0.5"'
const point = (name: string, value: number, tags?: Record<string, string>) => ({
  name,
  value,
  unit: '',
  ...(tags && { tags }),
})

t.test('datapoints become gauges', async t => {
  const cases = [
    { what: 'all dimensions, empty ones too', given: [point('load.1min', 0.5)], lines: [`load_1min{${LABELS}} 0.5`] },
    {
      what: 'one set of labels a family',
      given: [point('n', 1, { a: '1' }), point('n', 2, { b: '2' })],
      lines: [`n{${LABELS},a="1",b=""} 1`, `n{${LABELS},a="",b="2"} 2`],
    },
    {
      what: 'a tag wins over a dimension',
      given: [point('n', 1, { Hostname: 'h' })],
      lines: [`n{${LABELS.replace('10.0.0.5', 'h')}} 1`],
    },
    {
      what: 'names that become equal are one family, equal series one series',
      given: [point('a.b', 1), point('a_b', 2), point('a-b', 3, { x: '1' })],
      lines: [`a_b{${LABELS},x=""} 1`, `a_b{${LABELS},x="1"} 3`],
    },
    { what: 'no number, no sample', given: [point('n', Number.NaN), point('n', Number.POSITIVE_INFINITY)], lines: [] },
    {
      what: 'hostile values are escaped',
      given: [point('n', 1, { path: 'a"b\\c\nd' })],
      lines: [`n{${LABELS},path="a\\"b\\\\c\\nd"} 1`],
    },
  ]
  for (const { what, given, lines } of cases) {
    const families = datapointFamilies(given, DIMENSIONS)
    t.equal(families.map(({ samples }) => samples).join(''), lines.map(line => `${line}\n`).join(''), what)
    t.ok(families.every(({ type, help }) => type === 'gauge' && help === 'DC/OS Metrics Datapoint'))
  }
})

t.test('text', async t => {
  t.same([1e21, 1e-7, Number.NaN, Number.NEGATIVE_INFINITY, 0.5].map(formatValue), [
    '1e+21',
    '1e-7',
    'NaN',
    '-Inf',
    '0.5',
  ])
  t.equal(sampleLine('n', [], '1'), 'n 1\n')
  t.equal(escapeHelp('a\\b\nc"'), 'a\\\\b\\nc"')
  const gauge = { name: 'g', help: 'one', type: 'gauge', samples: 'g{a="1"} 1\n' } as const
  const { text, leftOut } = renderFamilies([
    [{ name: 'z', help: '', type: 'untyped', samples: 'z 1\n' }],
    [gauge],
    [
      { ...gauge, help: 'two', samples: 'g{a="2"} 2\n' },
      { ...gauge, type: 'counter', samples: 'g{a="3"} 3\n' },
    ],
  ])
  t.equal(text, '# HELP g one\n# TYPE g gauge\ng{a="1"} 1\ng{a="2"} 2\n# TYPE z untyped\nz 1\n')
  t.equal(leftOut, 1, 'another type is left out and counted')
})

t.test('what others wrote', async t => {
  const good = [
    { what: 'a label is added', given: 'a 1\n', samples: 'a{dcos_component_name="x"} 1\n' },
    { what: 'over what the file says: nobody speaks for another daemon', given: 'a{dcos_component_name="y"} 1\n', samples: 'a{dcos_component_name="x"} 1\n' },
    { what: 'blanks and a comma at the end', given: 'a { b = "1" , } 2', samples: 'a{b="1",dcos_component_name="x"} 2\n' },
    { what: 'escapes', given: 'a{b="}\\\\\\"\\n,"} 2', samples: 'a{b="}\\\\\\"\\n,",dcos_component_name="x"} 2\n' },
    { what: 'values', given: 'a{v="1"} +Inf\na{v="2"} NaN\na{v="3"} -1.5e-3\n', lines: 3 },
    { what: 'comments and empty lines', given: '# hello\n#\n\na 1\n# EOF\n', lines: 1 },
    { what: 'nothing', given: '', lines: 0 },
    { what: 'a histogram is one family', given: '# TYPE h histogram\nh_bucket{le="+Inf"} 1\nh_sum 1\nh_count 1\n', lines: 3, families: 1 },
    { what: 'a counter ending in _count is its own', given: '# TYPE h counter\nh 1\nh_count 1\n', lines: 2, families: 2 },
  ] // biome-ignore format: a table
  for (const { what, given, samples, lines, families } of good) {
    const parsed = parse(given)
    const text = parsed.map(each => each.samples).join('')
    if (samples !== undefined) t.equal(text, samples, what)
    if (lines !== undefined) t.equal(text.split('\n').length - 1, lines, what)
    if (families !== undefined) t.equal(parsed.length, families, what)
  }
  t.match(parse('# HELP a some\\nhelp\n# TYPE a counter\na 1\n'), [{ name: 'a', help: 'some\\nhelp', type: 'counter' }])
  const bad = [
    { what: 'no value', given: 'a\n', line: 1 },
    { what: 'no number', given: 'a 1\nb x\n', line: 2 },
    { what: 'a time stamp', given: 'a 1 1700000000000\n', line: 1 },
    { what: 'a name that is none', given: '1a 1\n', line: 1 },
    { what: 'braces that stay open', given: 'a{b="1" 1\n', line: 1 },
    { what: 'a quote that stays open', given: 'a{b="1} 1\n', line: 1 },
    { what: 'an unknown escape', given: 'a{b="\\x"} 1\n', line: 1 },
    { what: 'a label twice', given: 'a{b="1",b="2"} 1\n', line: 1 },
    { what: 'a series twice', given: 'a{b="1"} 1\n\na{b="1"} 2\n', line: 3 },
    { what: 'an unknown type', given: '# TYPE a gorge\n', line: 1 },
    { what: 'a type twice', given: '# TYPE a gauge\n# TYPE a gauge\n', line: 2 },
    { what: 'a type after its samples', given: 'a 1\n# TYPE a gauge\n', line: 2 },
    { what: 'binary', given: '\u0000\u0001\u0002', line: 1 },
  ] // biome-ignore format: a table
  for (const { what, given, line } of bad) t.equal(badLine(given), line, what)
})

t.test('a hostile line costs no more than its length', async t => {
  const n = RELAY_FILE_MAX_BYTES / 2
  for (const [what, given] of [
    ['closing braces', `a{${'}'.repeat(n)} b c`],
    ['digits', `a ${'1'.repeat(n)}x`],
    ['blanks', `a${' '.repeat(n)}x${' '.repeat(n)}y`],
    ['blanks among labels', `a{${' '.repeat(n)}x`],
    ['a quote that stays open', `a{b="${'\\n'.repeat(n / 2)}`],
    ['braces in labels', `a{${'b="}",'.repeat(n / 6)}`],
    ['help', `# HELP ${' '.repeat(n)}\v`],
  ] as const) {
    const startedMs = performance.now()
    t.equal(badLine(`${given}\n`), given.startsWith('#') ? undefined : 1, what)
    t.ok(performance.now() - startedMs < 2000, `${what}: within 2 s, where one too many passes would take hours`)
  }
})

t.test('what we write can be read again, whatever is in it', async t => {
  const tags = fc.dictionary(fc.string({ minLength: 1 }), fc.string({ unit: 'binary' }), { maxKeys: 4 })
  const datapoint = fc.record({ name: fc.string(), value: fc.double(), unit: fc.constant(''), tags })
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(datapoint, { maxLength: 10 }), datapoints => {
        const { text } = renderFamilies([datapointFamilies(datapoints, DIMENSIONS)])
        // A capital: no tag becomes such a label, so that this one never meets one that is there.
        const again = renderFamilies([parseFamilies(text, ['ZZ', '1'])])
        // A quote inside a value is escaped, so this is the label that was added and nothing else.
        return again.text.replaceAll(',ZZ="1"} ', '} ') === text
      }),
      { numRuns: 100 },
    ),
  )
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'a{}="\\,# \n1TYPEgaugeHELP') }), text => {
        badLine(text)
        return true
      }),
      { numRuns: 500 },
    ),
  )
})

t.test('the relay of files', async t => {
  const directory = t.testdir({})
  const lines: string[] = []
  const relay = createRelay({ directory, log: createLog({ write: line => lines.push(line) }) })
  const put = (name: string, text: string) => {
    writeFileSync(join(directory, '.new'), text)
    renameSync(join(directory, '.new'), join(directory, name))
  }
  const read = async () => renderFamilies(await relay.families()).text

  t.equal(await read(), '')
  put('dcos-log.prom', '# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds 1\n')
  put('dcos-3dt.prom', '# TYPE process_start_time_seconds gauge\nprocess_start_time_seconds 2\n')
  put('.dcos-x.prom.tmp', 'half a')
  const [first] = await relay.families()
  t.equal(
    await read(),
    '# TYPE process_start_time_seconds gauge\n' +
      'process_start_time_seconds{dcos_component_name="dcos-3dt"} 2\n' +
      'process_start_time_seconds{dcos_component_name="dcos-log"} 1\n',
    'told apart, HELP and TYPE once',
  )
  t.same(relay.state(), { served: 2, refused: 0, malformed: 0 })
  t.equal((await relay.families())[0], first, 'not parsed again while the file is the same')

  put('dcos-log.prom', 'process_start_time_seconds 3\noops\n')
  t.notMatch(await read(), 'dcos-log', 'a malformed file is left out')
  t.match(lines.at(-1), /METRICS_RELAY_FILE_MALFORMED.*dcos-log\.prom\\', line 2/)
  await read()
  t.equal(lines.length, 1, 'told once')
  t.same(relay.state(), { served: 1, refused: 0, malformed: 1 })
  put('dcos-log.prom', 'a 1\n')
  t.match(await read(), 'a{dcos_component_name="dcos-log"} 1\n', 'and back when it is mended')

  put('big.prom', `a 1\n${'#'.repeat(RELAY_FILE_MAX_BYTES)}`)
  put('Strange_Name.prom', 'b 1\n')
  put('notes.txt', 'c 1\n')
  symlinkSync('/etc/passwd', join(directory, 'link.prom'))
  execFileSync('mkfifo', [join(directory, 'pipe.prom')])
  t.notMatch(await read(), /dcos_component_name="(big|link|pipe|notes)/)
  t.same(relay.state(), { served: 2, refused: 5, malformed: 0 }, 'neither a pipe nor a link holds it up')

  for (let i = 0; i < RELAY_FILES_MAX; i++) put(`a${i}.prom`, 'd 1\n')
  await read()
  t.equal(relay.state().served, RELAY_FILES_MAX, 'bounded in count')
  t.equal(relay.state().refused, 7)

  for (let i = 0; i < RELAY_FILES_MAX; i++) rmSync(join(directory, `a${i}.prom`))
  const large = `e 1\n${'#'.repeat(RELAY_FILE_MAX_BYTES - 1024)}`
  const files = RELAY_TOTAL_MAX_BYTES / RELAY_FILE_MAX_BYTES + 1
  for (let i = 0; i < files; i++) put(`b${i}.prom`, large)
  t.notMatch(await read(), `b${files - 1}`, 'bounded in size')
  t.match(lines.join(''), /all together are larger/)
  const told = lines.length
  await read()
  t.equal(lines.length, told, 'told once')
  put('b0.prom', 'e 1\n')
  t.match(await read(), `e{dcos_component_name="b${files - 1}"} 1\n`, 'and back when others have shrunk')
  rmSync(directory, { recursive: true })
  t.equal(await read(), '', 'a directory that is not there is empty')
})

/** A README per program: its sections, its routes ↔ routes.ts, its metrics ↔ metrics.ts. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { declareApiMetrics } from '../../pkgpanda/api/metrics.ts'
import { routes as pkgpandaApiRoutes } from '../../pkgpanda/api/routes.ts'
import { setPackageMetrics } from '../../pkgpanda/metrics.ts'
import { decodeHistory } from '../../pkgpanda/record/change-history.ts'
import { declareRunMetrics as declareResolvconfRun } from '../../src/gen-resolvconf/metrics.ts'
import { declareLogMetrics } from '../../src/log/metrics.ts'
import { routes as logRoutes } from '../../src/log/routes.ts'
import { declareRunMetrics as declareLogrotateRun } from '../../src/logrotate/metrics.ts'
import { declareMetrics } from '../../src/metrics/metrics.ts'
import { prometheusRoutes, v0Routes } from '../../src/metrics/routes.ts'
import type { Route } from '../../src/shared/http/route.ts'
import { createLog } from '../../src/shared/log/journald.ts'
import type { LastRunOptions } from '../../src/shared/metrics/last-run.ts'
import { createMetrics } from '../../src/shared/metrics/registry.ts'
import { createDrivenClock } from '../support/clock.ts'
import { projectFiles, readProjectFile } from './project-files.ts'
import {
  documentedMetrics,
  documentedRoutes,
  type MetricForm,
  metricTroubles,
  normalRoute,
  parseReadme,
  sectionsOf,
  sectionTroubles,
} from './readme-rule.ts'

interface Program {
  folder: string
  kind: 'daemon' | 'command'
  /** Its routes; their handlers are not called. */
  routes?: () => Route[]
  /** Where every route also is, as the README says in a sentence instead of rows. */
  alsoUnder?: string
  /** The routes that are not. */
  alone?: RegExp
  /** Its metrics: those of metrics.ts without those of the kit. */
  metrics?: { prefix: string; declared: () => Promise<MetricForm[]> }
}

type DeclareRun = (options: Omit<LastRunOptions, 'program'>) => AsyncDisposable

/** Whatever a route table closes over: it is only built here. */
const NOTHING = {} as never

/** Those of a master and of an agent, each once. */
function allLogRoutes(): Route[] {
  const roles = ['master', 'agent'] as const
  const given = { metrics: NOTHING, followers: NOTHING, rangeLimits: NOTHING }
  const all = roles.flatMap(role => logRoutes(NOTHING, { ...given, tasks: { role, auth: false, mesos: NOTHING } }))
  return [...new Map(all.map(route => [route.path, route])).values()]
}

const NO_PACKAGES = { active: 0, inactive: 0, bytes: 0 }

const PROGRAMS: readonly Program[] = [
  {
    folder: 'src/log',
    kind: 'daemon',
    routes: allLogRoutes,
    alsoUnder: '/v1',
    alone: /^\/(v2\/|metrics$)/,
    metrics: declaredBy('log', metrics => void declareLogMetrics(metrics)),
  },
  {
    folder: 'src/metrics',
    kind: 'daemon',
    routes: () => [...v0Routes({ store: NOTHING, dimensions: NOTHING, clock: NOTHING }), ...prometheusRoutes(NOTHING)],
    metrics: declaredBy('metrics', metrics => declareMetrics(metrics, NOTHING)),
  },
  {
    folder: 'src/gen-resolvconf',
    kind: 'daemon',
    metrics: { prefix: 'dcos_gen_resolvconf_', declared: () => writtenAtEnd(declareResolvconfRun, 'gen-resolvconf') },
  },
  {
    folder: 'src/logrotate',
    kind: 'daemon',
    metrics: { prefix: 'dcos_logrotate_', declared: () => writtenAtEnd(declareLogrotateRun, 'dcos-logrotate') },
  },
  { folder: 'src/bootstrap', kind: 'daemon' },
  {
    folder: 'pkgpanda',
    kind: 'command',
    metrics: declaredBy('pkgpanda', metrics => setPackageMetrics(metrics, decodeHistory({}), NO_PACKAGES)),
  },
  {
    folder: 'pkgpanda/api',
    kind: 'daemon',
    routes: () => pkgpandaApiRoutes(NOTHING),
    metrics: declaredBy('pkgpanda-api', metrics => void declareApiMetrics(metrics)),
  },
]

t.test('what is read out of a README', async t => {
  const readme = parseReadme('# x\n\n## Name\nx\n\n```\n# no heading\n```\n\n## Routes\n| `GET /a/<b>` | what |\n')
  t.equal(readme.title, 'x')
  t.strictSame([...readme.sections.keys()], ['Name', 'Routes'])
  t.strictSame(documentedRoutes('Also `/sentence`.\n| `GET /a/<b>` | x |\n| socket | `/c` | `{"d":"/e"}` |\n'), [
    '/a/:',
    '/c',
  ])
  t.equal(normalRoute('/a/:b/c/:d'), '/a/:/c/:')
  t.strictSame(documentedMetrics('`dcos_x_a_total{b}`, `dcos_x_http_*`, `dcos_x_build_info`, `process_b`', 'dcos_x_'), [
    'dcos_x_a_total',
  ])
})

t.test('READMEs and names that would be noticed', async t => {
  const wanted = ['Name', 'Files']
  const cases: readonly [string, string, RegExp[]][] = [
    ['all in order', '# x\n## Name\nx\n## Files\nx\n', []],
    ['one missing', '# x\n## Name\nx\n', [/no section Files/]],
    ['one empty', '# x\n## Name\n\n## Files\nx\n', [/Name is empty/]],
    ['one too many', '# x\n## Name\nx\n## Files\nx\n## Notes\nx\n', [/Notes is not one/]],
    ['the wrong order', '# x\n## Files\nx\n## Name\nx\n', [/out of order/]],
    ['no title', '## Name\nx\n## Files\nx\n', [/no title/]],
    ['sections as titles', '# Name\nx\n# Files\nx\n', [/no section Name/, /no section Files/]],
  ]
  for (const [what, text, troubles] of cases) {
    const found = sectionTroubles(parseReadme(text), wanted)
    t.match(found, troubles, what)
    t.equal(found.length, troubles.length, what)
  }
  const good = { name: 'dcos_log_entries_total', type: 'counter', help: 'Entries sent.' }
  t.strictSame(metricTroubles(good, 'dcos_log_'), [])
  for (const bad of [
    { ...good, name: 'log_entries_total' },
    { ...good, name: 'dcos_log_Entries_total' },
    { ...good, name: 'dcos_log_entries' },
    { ...good, type: 'gauge' },
    { name: 'dcos_log_wait_ms', type: 'gauge', help: 'Waits.' },
    { ...good, help: 'entries sent' },
  ]) {
    t.equal(metricTroubles(bad, 'dcos_log_').length, 1, JSON.stringify(bad))
  }
})

t.test('every program has its row here', async t => {
  const filesNamed = (name: string) => projectFiles(`src/*/${name}`, `pkgpanda/${name}`, `pkgpanda/api/${name}`)
  const entries = filesNamed('main.ts').map(path => path.replace('/main.ts', ''))
  t.strictSame(entries.sort(), PROGRAMS.map(({ folder }) => folder).sort())
  const withMetrics = PROGRAMS.filter(({ metrics }) => metrics).map(({ folder }) => `${folder}/metrics.ts`)
  t.strictSame(filesNamed('metrics.ts'), withMetrics.sort())
  const withRoutes = PROGRAMS.filter(({ routes }) => routes).map(({ folder }) => `${folder}/routes.ts`)
  t.strictSame(filesNamed('routes.ts'), withRoutes.sort())
})

for (const { folder, kind, routes, alsoUnder, alone, metrics } of PROGRAMS) {
  t.test(`${folder}/README.md`, async t => {
    const readme = parseReadme(readProjectFile(`${folder}/README.md`))
    t.strictSame(sectionTroubles(readme, sectionsOf(kind)), [])
    const section = (name: string) => readme.sections.get(name) ?? ''

    const served = (routes?.() ?? []).map(({ path }) => normalRoute(path))
    const rows = documentedRoutes(section('Routes'))
    if (alsoUnder !== undefined) t.match(section('Routes'), `under \`${alsoUnder}\``)
    const twice = (path: string) => (alone?.test(path) ? [path] : [path, alsoUnder + path])
    const documented = alsoUnder === undefined ? rows : rows.flatMap(twice)
    t.strictSame([...documented].sort(), [...served].sort(), 'routes.ts ↔ section Routes')
    if (kind === 'daemon' && served.length === 0) t.match(section('Routes').trim(), /^None/)

    const declared = (await metrics?.declared()) ?? []
    for (const metric of declared) t.strictSame(metricTroubles(metric, metrics!.prefix), [])
    t.strictSame(
      metrics ? documentedMetrics(section('Metrics'), metrics.prefix).sort() : [],
      declared.map(({ name }) => name).sort(),
      'metrics.ts ↔ section Metrics',
    )
    if (!metrics) t.match(section('Metrics').trim(), /^None/, 'says that there are none')
  })
}

/** A daemon whose metrics.ts declares in the registry it is given. Values are asked for at a scrape, which there is none of. */
function declaredBy(daemon: string, declare: (metrics: ReturnType<typeof createMetrics>) => void) {
  const metrics = createMetrics(daemon)
  return {
    prefix: metrics.prefix,
    async declared(): Promise<MetricForm[]> {
      declare(metrics)
      const all: unknown[] = metrics.registry.getMetricsAsArray()
      // prom-client keeps what it was given under these names; its types leave them out.
      return (all as Required<MetricForm & { constructor: { name: string } }>[]).map(metric => ({
        name: metric.name,
        help: metric.help,
        type: metric.constructor.name.toLowerCase(),
      }))
    },
  }
}

/** A program that runs once writes its metrics when it ends: they are in the file. */
async function writtenAtEnd(declare: DeclareRun, program: string): Promise<MetricForm[]> {
  const directory = mkdtempSync(join(tmpdir(), 'dcos-house-'))
  try {
    const log = createLog({ write: () => {} })
    await declare({ clock: createDrivenClock(), log, directory })[Symbol.asyncDispose]()
    const text = readFileSync(join(directory, `${program}.prom`), 'utf8')
    const helps = new Map([...text.matchAll(/^# HELP (\S+) (.*)$/gm)].map(([, name, help]) => [name, help]))
    return [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => ({
      name: name!,
      type: type!,
      help: helps.get(name) ?? '',
    }))
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

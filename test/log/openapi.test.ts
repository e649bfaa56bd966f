// The document of the API: of OpenAPI's form, and with exactly the parameters that the parsers read, on exactly the routes that take them.
import t from 'tap'
import Type from 'typebox'
import { Value } from 'typebox/value'
import { DEFAULTS } from '../../src/log/config.ts'
import { createFollowers } from '../../src/log/followers.ts'
import { openMesos } from '../../src/log/mesos/open-mesos.ts'
import { declareLogMetrics } from '../../src/log/metrics.ts'
import { routes } from '../../src/log/routes.ts'
import { DOWNLOAD_PARAMETERS, RANGE_PARAMETERS, STREAM_PARAMETERS } from '../../src/log/v1/parameters.ts'
import { parseRangeQuery, parseStreamQuery } from '../../src/log/v1/query.ts'
import { COMPONENT_PARAMETERS, parseComponentQuery } from '../../src/log/v2/component-query.ts'
import { FILE_PARAMETERS, parseFileQuery } from '../../src/log/v2/file-query.ts'
import { openApiDocument } from '../../src/shared/http/openapi.ts'
import type { Parameters } from '../../src/shared/http/route.ts'
import type { Journal } from '../../src/shared/journal/reader.ts'
import { createLog } from '../../src/shared/log/journald.ts'
import { createMetrics } from '../../src/shared/metrics/registry.ts'
import { systemClock } from '../../src/shared/time/clock.ts'
import { memoryEntry, memoryReader } from '../shared/journal/memory-journal.ts'
import { NO_LIMITS, startLogServer } from './log-server.ts'

const ALL: Parameters = { ...DOWNLOAD_PARAMETERS, ...STREAM_PARAMETERS, ...COMPONENT_PARAMETERS, ...FILE_PARAMETERS }
const QUERY_NAMES = Object.keys(ALL).filter(name => ALL[name]?.in === 'query')

/** What a parser makes of one parameter, as text; a fault's code if it refuses. */
function outcome(parse: () => unknown): string {
  try {
    return JSON.stringify(parse(), (_, value) => (typeof value === 'bigint' ? `${value}` : value))
  } catch (error) {
    return (error as { code: string }).code
  }
}

// No value of any parameter: whoever reads it refuses it, or, as a name for a file, keeps it.
const BAD = '%3F'

const parsers: {
  what: string
  parse: (query: string, lastEventId: string) => unknown
  parameters: Parameters
  /** Read in order to be refused with a sentence of its own, or by another route's parser on the way. */
  besides?: string[]
}[] = [
  {
    what: 'ranges',
    parse: query => parseRangeQuery(query, 0),
    parameters: RANGE_PARAMETERS,
    // For the name of a download.
    besides: ['postfix'],
  },
  { what: 'downloads', parse: query => parseRangeQuery(query, 0), parameters: DOWNLOAD_PARAMETERS },
  {
    what: 'streams',
    parse: (query, id) => parseStreamQuery(query, id, 0),
    parameters: STREAM_PARAMETERS,
    besides: ['until', 'read_reverse'],
  },
  { what: 'components', parse: (query, id) => parseComponentQuery(query, id, true), parameters: COMPONENT_PARAMETERS },
  { what: 'files', parse: parseFileQuery, parameters: FILE_PARAMETERS },
]

for (const { what, parse, parameters, besides = [] } of parsers) {
  t.test(`${what}: what is parsed is described, what is described is parsed`, async t => {
    const without = outcome(() => parse('', ''))
    const read = QUERY_NAMES.filter(name => outcome(() => parse(`${name}=${BAD}`, '')) !== without)
    if (outcome(() => parse('', '?')) !== without) read.push('Last-Event-ID')
    t.same(read.filter(name => !besides.includes(name)).sort(), Object.keys(parameters).sort())
    for (const name of besides) t.ok(read.includes(name), `${name} is read`)
  })
}

async function tableOf(role: 'master' | 'agent') {
  const metrics = declareLogMetrics(createMetrics('log'))
  const followers = createFollowers({ max: 1, metrics, clock: systemClock, log: createLog({ write: () => {} }) })
  const journal = { open: () => Promise.reject(new Error('not asked')), fieldValues: async () => [] }
  const mesos = await openMesos({ ...DEFAULTS, auth: false }, systemClock)
  return routes(journal, { metrics, followers, rangeLimits: NO_LIMITS, tasks: { role, auth: false, mesos } })
}

t.test('each route of the journal takes the parameters that it describes, and no others', async t => {
  const journal: Journal = { open: async () => memoryReader([memoryEntry(1)]), fieldValues: async () => [] }
  const { ask } = await startLogServer(t, () => journal)
  const table = (await tableOf('agent')).filter(({ path }) => /^(\/v1)?\/(range|stream)\/|^\/v2\/component/.test(path))
  t.equal(table.length, 14)
  for (const { path, parameters = {} } of table) {
    const target = path.replace(/:[a-z]+/gi, 'x')
    const answerTo = async (query: string) => {
      const response = await ask(`${target}?${query}`, { method: 'HEAD' })
      response.resume()
      return `${response.statusCode} ${response.headers['content-disposition']}`
    }
    const without = await answerTo('')
    for (const name of QUERY_NAMES) {
      // A stream refuses these, which it does not take.
      if (path.includes('/stream/') && (name === 'until' || name === 'read_reverse')) continue
      const differs = (await answerTo(`${name}=${name === 'postfix' ? 'name' : BAD}`)) !== without
      t.equal(differs, name in parameters, `${path}: ${name}`)
    }
  }
})

/** The part of OpenAPI 3.1 that we use; nothing else may be in the document. */
const strict = { additionalProperties: false }
const Schema = Type.Object({ type: Type.Optional(Type.String()) })
const Header = Type.Object(
  { description: Type.String({ minLength: 1 }), required: Type.Optional(Type.Literal(true)), schema: Schema },
  strict,
)
/** None, or the one scheme, which has no scopes. */
const Security = Type.Object({ token: Type.Optional(Type.Array(Type.Never(), { maxItems: 0 })) }, strict)
const Document = Type.Object(
  {
    openapi: Type.Literal('3.1.0'),
    info: Type.Object({ title: Type.String(), version: Type.String(), description: Type.String() }, strict),
    paths: Type.Record(
      Type.String({ pattern: '^/' }),
      Type.Object(
        {
          get: Type.Object(
            {
              summary: Type.String({ minLength: 1 }),
              parameters: Type.Optional(
                Type.Array(
                  Type.Object(
                    {
                      name: Type.String({ minLength: 1 }),
                      in: Type.Union([Type.Literal('path'), Type.Literal('query'), Type.Literal('header')]),
                      required: Type.Optional(Type.Literal(true)),
                      description: Type.Optional(Type.String({ minLength: 1 })),
                      schema: Schema,
                    },
                    strict,
                  ),
                  { minItems: 1 },
                ),
              ),
              security: Type.Optional(Type.Array(Security, { minItems: 1 })),
              responses: Type.Record(
                Type.String({ pattern: '^[1-5][0-9][0-9]$' }),
                Type.Object(
                  {
                    description: Type.String({ minLength: 1 }),
                    content: Type.Optional(
                      Type.Record(
                        Type.String({ pattern: '^[a-z]+/[a-z.+-]+$' }),
                        Type.Object({ schema: Type.Optional(Schema) }, strict),
                      ),
                    ),
                    headers: Type.Optional(Type.Record(Type.String({ pattern: '^[A-Za-z-]+$' }), Header)),
                  },
                  strict,
                ),
              ),
            },
            strict,
          ),
        },
        strict,
      ),
    ),
    components: Type.Object(
      {
        securitySchemes: Type.Object(
          {
            token: Type.Object(
              {
                type: Type.Literal('apiKey'),
                in: Type.Literal('header'),
                name: Type.Literal('Authorization'),
                description: Type.String({ minLength: 1 }),
              },
              strict,
            ),
          },
          strict,
        ),
      },
      strict,
    ),
  },
  strict,
)

for (const role of ['master', 'agent'] as const) {
  t.test(`the document of a ${role} has OpenAPI's form`, async t => {
    const table = await tableOf(role)
    const info = { title: 'dcos-log', version: '0', description: 'x' }
    const document = JSON.parse(JSON.stringify(openApiDocument(info, table)))
    t.same([...Value.Errors(Document, document)], [])
    t.equal(Object.keys(document.paths).length, table.length)
    for (const [path, { get }] of Object.entries<{ get: { parameters?: { name: string; in: string }[] } }>(
      document.paths,
    )) {
      const given = get.parameters ?? []
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      t.same(
        given.filter(each => each.in === 'path').map(({ name }) => name),
        inPath,
        `${path}: those of the path`,
      )
      t.equal(new Set(given.map(each => `${each.in} ${each.name}`)).size, given.length, `${path}: each once`)
      // Whose description a reader of the document passes over.
      t.notOk(given.some(({ name }) => ['Accept', 'Content-Type', 'Authorization'].includes(name)))
    }
  })
}

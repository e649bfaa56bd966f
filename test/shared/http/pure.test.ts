/** Choosing a content type, answers in Go's forms, the OpenAPI document. */
import t from 'tap'
import Type from 'typebox'
import { negotiate } from '../../../src/shared/http/negotiate.ts'
import { openApiDocument, openApiRoute } from '../../../src/shared/http/openapi.ts'
import { type HttpRequest, jsonAnswer, type Route, textError } from '../../../src/shared/http/route.ts'
import { VERSION } from '../../../src/shared/version.ts'

const OFFERED = ['text/plain', 'application/json', 'text/event-stream']

for (const [accept, chosen] of [
  [undefined, 'text/plain'],
  ['', 'text/plain'],
  ['*/*', 'text/plain'],
  ['application/json', 'application/json'],
  ['APPLICATION/JSON', 'application/json'],
  ['text/event-stream, application/json', 'application/json'],
  ['application/*', 'application/json'],
  ['text/*;q=0.5, application/json;q=0.6', 'application/json'],
  ['*/*, text/plain;q=0', 'application/json'],
  ['text/plain;q=0.1, */*;q=0.2', 'application/json'],
  ['application/json;charset=utf-8;q=0.5, text/html', 'application/json'],
  ['text/html, application/xml', undefined],
  ['*/*;q=0', undefined],
  ['application/json;q=2', undefined],
  ['application/json;q=x', undefined],
  [',,;', undefined],
  [`${'x/y,'.repeat(1000)}application/json`, undefined],
] as const) {
  t.test(`Accept: ${String(accept).slice(0, 60)}`, async t => void t.equal(negotiate(accept, OFFERED), chosen))
}

t.test('answers as Go writes them', async t => {
  t.same(jsonAnswer({ a: [1] }), { status: 200, headers: { 'Content-Type': 'application/json' }, body: '{"a":[1]}\n' })
  t.same(textError(404, '404 page not found'), {
    status: 404,
    headers: { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' },
    body: '404 page not found\n',
  })
})

t.test('OpenAPI 3.1 out of a route table', async t => {
  const handler = () => jsonAnswer({})
  const info = { title: 't', version: '1', description: 'd' }
  const answer = Type.Object({ id: Type.String() })
  t.match(
    openApiDocument(info, [
      { method: 'GET', path: '/v0/containers/:id/app', handler, contract: 'metrics 2', answer },
      { method: 'POST', path: '/v0/containers/:id/app', handler, contract: 'metrics 3', summary: 'Does it.' },
    ]),
    {
      openapi: '3.1.0',
      info,
      paths: {
        '/v0/containers/{id}/app': {
          get: {
            summary: 'See contract metrics 2.',
            parameters: [{ name: 'id', in: 'path', required: true }],
            responses: { 200: { content: { 'application/json': { schema: { type: 'object' } } } } },
          },
          post: { summary: 'Does it.' },
        },
      },
    },
  )
})

t.test('statuses and tokens of a route', async t => {
  const handler = () => jsonAnswer({})
  const document = (more: Partial<Route>) => {
    const route: Route = { method: 'GET', path: '/a', handler, contract: 'x 1', types: ['text/html'], ...more }
    const made = openApiDocument({ title: 't', version: '1', description: 'd' }, [route])
    const { paths, components } = made as {
      paths: Record<string, Record<string, { responses: object }>>
      components?: object
    }
    return { ...paths['/a']?.get, components }
  }
  t.same(document({}), {
    summary: 'See contract x 1.',
    responses: { 200: { description: 'OK', content: { 'text/html': {} } } },
    components: undefined,
  })
  t.same(
    document({ statuses: { 200: 'All.', 204: 'None.', 303: 'There.', 404: 'Nowhere.', 503: 'Later.' } }).responses,
    {
      200: { description: 'All.', content: { 'text/html': {} } },
      204: { description: 'None.' },
      303: {
        description: 'There.',
        headers: { Location: { description: 'Where to ask.', required: true, schema: { type: 'string' } } },
      },
      404: { description: 'Nowhere.', content: { 'text/plain': {} } },
      503: {
        description: 'Later.',
        content: { 'text/plain': {} },
        headers: {
          'Retry-After': { description: 'In so many seconds it may be better.', schema: { type: 'integer' } },
        },
      },
    },
  )
  for (const [token, security] of [
    ['required', [{ token: [] }]],
    ['optional', [{}, { token: [] }]],
  ] as const) {
    t.match(document({ token }), {
      security,
      components: { securitySchemes: { token: { type: 'apiKey', in: 'header', name: 'Authorization' } } },
    })
  }
})

t.test('a table that describes itself', async t => {
  const message = Type.Object({ id: Type.String(), tag: Type.Optional(Type.String()) })
  const routes: Route[] = [
    { method: 'GET', path: '/v0/node', handler: () => jsonAnswer({}), contract: 'x 1', answer: message },
    openApiRoute({ title: 'dcos-x', description: 'd' }, () => routes, 'x 2'),
  ]
  const answer = await routes[1]?.handler({} as HttpRequest)
  t.match(answer, { status: 200, headers: { 'Content-Type': 'application/json' } })
  const text = String(answer?.body)
  const document = JSON.parse(text)
  t.same(Object.keys(document.paths), ['/v0/node', '/openapi.json'])
  t.same(document.paths['/v0/node'].get.responses['200'].content['application/json'].schema, {
    type: 'object',
    required: ['id'],
    properties: { id: { type: 'string' }, tag: { type: 'string' } },
  })
  t.match(document.info, { title: 'dcos-x', version: VERSION })
})

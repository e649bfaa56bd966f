/** An OpenAPI 3.1 document out of a route table: typebox schemas are JSON Schemas, so nothing is written twice. Pure. */
import { VERSION } from '../version.ts'
import { jsonAnswer, type Route } from './route.ts'

/** The 1.9 form of a login. */
const TOKEN = {
  type: 'apiKey',
  in: 'header',
  name: 'Authorization',
  description: '`token=` and the token that a login to DC/OS gave.',
}

export interface OpenApiInfo {
  title: string
  version: string
  description: string
}

/** HEAD is answered wherever GET is and is not listed. */
export function openApiDocument(info: OpenApiInfo, routes: readonly Route[]): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    const path = route.path.replace(/:([A-Za-z]\w*)/g, '{$1}')
    const operations = paths[path] ?? {}
    paths[path] = operations
    operations[route.method.toLowerCase()] = {
      summary: route.summary ?? `See contract ${route.contract}.`,
      ...listed('parameters', parametersOf(route)),
      ...listed('security', securityOf(route)),
      responses: responsesOf(route),
    }
  }
  const secured = routes.some(({ token }) => token !== undefined)
  return { openapi: '3.1.0', info, paths, ...(secured && { components: { securitySchemes: { token: TOKEN } } }) }
}

/** One of these must be met; the empty one always is. */
function securityOf({ token }: Route): object[] {
  return token === undefined ? [] : [...(token === 'optional' ? [{}] : []), { token: [] }]
}

function responsesOf(route: Route): Record<string, object> {
  const statuses = Object.entries(route.statuses ?? { 200: 'OK' })
  return Object.fromEntries(
    statuses.map(([status, description]) => {
      const code = Number(status)
      // What goes with a failure is a sentence (textError); what is neither that nor 200 has no body.
      const content = code === 200 ? contentOf(route) : code >= 400 ? { 'text/plain': {} } : {}
      return [status, { description, ...listed('content', content), ...listed('headers', headersOf(code)) }]
    }),
  )
}

/** Those without which a client cannot go on. */
function headersOf(status: number): object {
  if (status === 303) return { Location: { description: 'Where to ask.', required: true, schema: { type: 'string' } } }
  if (status !== 503) return {}
  const description = 'In so many seconds it may be better.'
  return { 'Retry-After': { description, schema: { type: 'integer' } } }
}

/** Those of the path first. Accept is none of them, since it is told by the content types (OpenAPI 3.1, 4.8.12.2). */
function parametersOf({ path, parameters = {}, coded }: Route): object[] {
  const names = [...path.matchAll(/:([A-Za-z]\w*)/g)].map(([, name]) => name)
  const described = coded ? { ...parameters, 'Accept-Encoding': ACCEPT_ENCODING } : parameters
  return [
    ...names.map(name => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
    ...Object.entries(described).map(([name, parameter]) => ({ name, ...parameter })),
  ]
}

const ACCEPT_ENCODING = {
  in: 'header',
  description: 'Content codings the client takes: zstd, gzip.',
  schema: { type: 'string' },
}

function contentOf({ answer, types = [] }: Route): Record<string, object> {
  return {
    ...Object.fromEntries(types.map(type => [type, {}])),
    ...(answer && { 'application/json': { schema: answer } }),
  }
}

/** A member, or none when there is nothing in it. */
function listed(name: string, value: object): object {
  return Object.keys(value).length > 0 ? { [name]: value } : {}
}

/**
 * `GET /openapi.json`, for a daemon's table: the document of all `routes`, made when it is asked for. DEPARTURE: no daemon of 1.9
 * described itself; the path was a 404. `contract` is the section that says so.
 */
export function openApiRoute(
  about: Omit<OpenApiInfo, 'version'>,
  routes: () => readonly Route[],
  contract: string,
): Route {
  return {
    method: 'GET',
    path: '/openapi.json',
    coded: true,
    handler: () => jsonAnswer(openApiDocument({ ...about, version: VERSION }, routes())),
    contract,
    summary: 'This document.',
    types: ['application/json'],
  }
}

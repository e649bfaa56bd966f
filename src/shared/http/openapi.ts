/** An OpenAPI 3.1 document out of a route table: typebox schemas are JSON Schemas, so nothing is written twice. Pure. */
import { VERSION } from '../version.ts'
import { jsonAnswer, type Route } from './route.ts'

export interface OpenApiInfo {
  title: string
  version: string
  description: string
}

/** HEAD is answered wherever GET is and is not listed. */
export function openApiDocument(info: OpenApiInfo, routes: readonly Route[]): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of routes) {
    const names = [...route.path.matchAll(/:([A-Za-z]\w*)/g)].map(([, name]) => name ?? '')
    const path = route.path.replace(/:([A-Za-z]\w*)/g, '{$1}')
    const operations = paths[path] ?? {}
    paths[path] = operations
    operations[route.method.toLowerCase()] = {
      summary: route.summary ?? `See contract ${route.contract}.`,
      ...(names.length > 0 && {
        parameters: names.map(name => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
      }),
      responses: {
        200: {
          description: 'OK',
          ...(route.answer && { content: { 'application/json': { schema: route.answer } } }),
        },
      },
    }
  }
  return { openapi: '3.1.0', info, paths }
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
  }
}

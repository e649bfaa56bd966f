/**
 * Typed values out of untyped ones (configuration, JSON of other programs), by a typebox schema. What is wrong is said for
 * people: source, key, what was found, what is allowed.
 */
import type { Static, TSchema } from 'typebox'
import { Value } from 'typebox/value'
import { faults } from './errors.ts'

/** At most so many problems are named in one message. */
const PROBLEMS_MAX = 10

/** The value itself, typed; not copied, keys the schema does not name kept. Throws CONFIG_VALUE_INVALID naming `source`. */
export function decode<const S extends TSchema>(schema: S, value: unknown, source: string): Static<S> {
  if (Value.Check(schema, value)) return value
  throw faults.VALUE_INVALID(source, problemsOf(schema, value).slice(0, PROBLEMS_MAX).join('; '))
}

/** One sentence per key that is wrong: `key 'role': found "z", allowed "master" or "agent"`. Empty when all is well. */
export function problemsOf(schema: TSchema, value: unknown): string[] {
  const problems = new Map<string, string>()
  for (const { keyword, instancePath, params } of Value.Errors(schema, value)) {
    // anyOf speaks for its alternatives; an undeclared key is told by additionalProperties.
    if (keyword === 'boolean') continue
    const key = instancePath.split('/').slice(1).map(unescapePointer).join('.')
    if (keyword === 'required') {
      for (const name of (params as { requiredProperties: string[] }).requiredProperties) {
        const path = key ? `${key}.${name}` : name
        problems.set(path, `key '${path}': missing, allowed ${allowedBy(schemaAt(schema, [...split(key), name]))}`)
      }
    } else if (keyword === 'additionalProperties') {
      const at = schemaAt(schema, split(key)) as { properties?: Record<string, unknown> } | undefined
      const known = Object.keys(at?.properties ?? {}).join(', ')
      for (const name of (params as { additionalProperties: string[] }).additionalProperties) {
        const path = key ? `${key}.${name}` : name
        problems.set(path, `key '${path}': unknown, allowed ${known}`)
      }
    } else {
      const found = JSON.stringify(valueAt(value, split(key))) ?? 'nothing'
      problems.set(
        key,
        `${key ? `key '${key}'` : 'the whole'}: found ${shorten(found)}, allowed ${allowedBy(schemaAt(schema, split(key)))}`,
      )
    }
  }
  return [...problems.values()]
}

/** What a schema allows, in words. */
export function allowedBy(schema: TSchema | undefined): string {
  if (!schema) return 'nothing else'
  const s = schema as Record<string, unknown>
  if (typeof s.description === 'string') return s.description
  if (Array.isArray(s.anyOf)) return s.anyOf.map(allowedBy).join(' or ')
  if ('const' in s) return JSON.stringify(s.const)
  if (Array.isArray(s.enum)) return s.enum.map(each => JSON.stringify(each)).join(' or ')
  if (s.type === 'integer' || s.type === 'number') {
    const kind = s.type === 'integer' ? 'an integer' : 'a number'
    if (s.minimum !== undefined && s.maximum !== undefined) return `${kind} from ${s.minimum} to ${s.maximum}`
    if (s.minimum !== undefined) return `${kind} from ${s.minimum}`
    return s.maximum !== undefined ? `${kind} up to ${s.maximum}` : kind
  }
  if (s.type === 'string') return s.pattern ? `text of the form ${s.pattern}` : 'text'
  if (s.type === 'boolean') return 'true or false'
  if (s.type === 'array') return 'a list'
  return s.type === 'object' ? 'an object' : 'another value'
}

function schemaAt(schema: TSchema, path: readonly string[]): TSchema | undefined {
  let at = schema as Record<string, unknown> | undefined
  for (const name of path) {
    const properties = at?.properties as Record<string, Record<string, unknown>> | undefined
    const items = at?.items as Record<string, unknown> | undefined
    at = properties?.[name] ?? items
  }
  return at as TSchema | undefined
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  let at = value
  for (const name of path) at = (at as Record<string, unknown> | undefined)?.[name]
  return at
}

function split(key: string): string[] {
  return key === '' ? [] : key.split('.')
}

function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~')
}

function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

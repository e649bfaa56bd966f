/** `/fields/<field>`: which values a field has in the whole journal (log 4.9); dcos-ui asks it for STREAM. */
import Type from 'typebox'
import type { Handler } from '../../shared/http/route.ts'
import type { Journal } from '../../shared/journal/reader.ts'
import { noContent } from '../error-answer.ts'
import { faults } from '../errors.ts'

const ALLOWED = ['FRAMEWORK_ID', 'AGENT_ID', 'EXECUTOR_ID', 'CONTAINER_ID', 'STREAM']

/** The answer. */
export const FieldValues = Type.Array(Type.String())

export function uniqueValues(journal: Journal): Handler {
  return async ({ params, signal }) => {
    const field = params.field ?? ''
    if (!ALLOWED.includes(field)) throw faults.FIELD_NOT_ALLOWED(field)
    const values = await journal.fieldValues(field, signal)
    if (values.length === 0) return noContent()
    const texts = values.map(value => Buffer.from(value).toString('utf8'))
    return { status: 200, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(texts) }
  }
}

/** `/fields/<field>`: which values a field has in the whole journal (log 4.9); dcos-ui asks it for STREAM. */
import Type from 'typebox'
import { faults as httpFaults } from '../../shared/http/errors.ts'
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
    // The router takes an empty segment, or one with an encoded slash, for a field; that of 1.9 did not.
    if (field === '' || field.includes('/')) throw httpFaults.NOT_FOUND()
    if (!ALLOWED.includes(field)) throw faults.FIELD_NOT_ALLOWED(field)
    const values = await journal.fieldValues(field, signal)
    if (values.length === 0) return noContent()
    const texts = values.map(value => Buffer.from(value).toString('utf8'))
    return { status: 200, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(texts) }
  }
}

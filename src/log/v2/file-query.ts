/** The query string of a task's file (log 7.1) → where in the file to begin and how many lines to give. Pure. */
import Type from 'typebox'
import { faults } from '../errors.ts'
import { first, parseQuery, utf8 } from '../query-string.ts'

export interface FileRequest {
  /** Offset in bytes, or the end. */
  cursor: number | 'END'
  /** Above 0: lines to drop; below 0: lines to go back from the cursor. */
  skip: number
  /** Lines; 0: all. */
  limit: number
}

/** As the document of the API describes them; no others are read. */
export const FILE_PARAMETERS = {
  cursor: {
    in: 'query',
    description: 'An offset in bytes; BEG, the default; or END.',
    schema: Type.String({ pattern: '^(BEG|END|[0-9]+)$' }),
  },
  skip: { in: 'query', description: 'Lines to pass over; below 0 to go back.', schema: Type.Integer() },
  limit: { in: 'query', description: 'Lines to give; 0: all.', schema: Type.Integer({ minimum: 0 }) },
  'Last-Event-ID': {
    in: 'header',
    description: 'The id of the last event that came: takes the place of all the others.',
    schema: Type.String(),
  },
} as const

/** `lastEventId`, where there is one, stands for all the rest. Throws LOG_FILE_NUMBER_INVALID. */
export function parseFileQuery(rawQuery: string, lastEventId: string | undefined): FileRequest {
  if (lastEventId) return { cursor: natural('cursor', lastEventId), skip: 0, limit: 0 }
  const query = parseQuery(rawQuery)
  const value = (name: keyof typeof FILE_PARAMETERS) => utf8(first(query, name))
  const cursor = value('cursor') || 'BEG'
  return {
    cursor: cursor === 'END' ? 'END' : cursor === 'BEG' ? 0 : natural('cursor', cursor),
    skip: integer('skip', value('skip') || '0'),
    limit: natural('limit', value('limit') || '0'),
  }
}

function natural(name: 'cursor' | 'limit', text: string): number {
  const value = integer(name, text)
  if (value < 0) throw faults.FILE_NUMBER_INVALID(name, text)
  return value
}

/** Of at most fifteen digits, which a number holds exactly and no file exceeds. */
function integer(name: 'cursor' | 'skip' | 'limit', text: string): number {
  if (!/^[+-]?\d{1,15}$/.test(text)) throw faults.FILE_NUMBER_INVALID(name, text)
  return Number(text)
}

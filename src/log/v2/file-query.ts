/** The query string of a task's file (log 7.1) → where in the file to begin and how many lines to give. Pure. */
import { faults } from '../errors.ts'

export interface FileRequest {
  /** Offset in bytes, or the end. */
  cursor: number | 'END'
  /** Above 0: lines to drop; below 0: lines to go back from the cursor. */
  skip: number
  /** Lines; 0: all. */
  limit: number
}

/** `lastEventId`, where there is one, stands for all the rest. Throws LOG_FILE_NUMBER_INVALID. */
export function parseFileQuery(rawQuery: string, lastEventId: string | undefined): FileRequest {
  if (lastEventId) return { cursor: natural('cursor', lastEventId), skip: 0, limit: 0 }
  const query = new URLSearchParams(rawQuery)
  const cursor = query.get('cursor') || 'BEG'
  return {
    cursor: cursor === 'END' ? 'END' : cursor === 'BEG' ? 0 : natural('cursor', cursor),
    skip: integer('skip', query.get('skip') || '0'),
    limit: natural('limit', query.get('limit') || '0'),
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

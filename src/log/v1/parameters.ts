/** The parameters of v1 (log 3), as the document of the API describes them; query.ts can read no others. */
import Type from 'typebox'
import type { Parameter } from '../../shared/http/route.ts'
import { BOOTS_BACK_MAX } from '../boot.ts'

const query = (description: string, schema: Parameter['schema'] = Type.String()) => {
  return { in: 'query', description, schema } as const
}

const count = Type.Integer({ minimum: 0 })

/** What ranges and streams share. */
const SHARED = {
  filter: query(
    'FIELD:value, percent-encoded; several values of one field are alternatives, several fields must all be met. FIELD~regex (syntax of RE2): must be found in a value of the field.',
    Type.Array(Type.String()),
  ),
  cursor: query('The cursor of an entry, which itself is left out; percent-encoded.'),
  skip_next: query('Entries to go forward from there.', count),
  skip_prev: query('Entries to go back from there; without a cursor from the newest one.', count),
  since: query(
    'No entries before: RFC 3339, seconds, milliseconds or microseconds since the epoch, or back from now such as -15m.',
  ),
  priority: query('Entries of this level of syslog and the more severe ones: 0 to 7, or emerg to debug.'),
  unit: query(
    'What journalctl -u shows of a unit: what it wrote, and what systemd says about it; without a suffix a service.',
  ),
  boot: query(`Entries of one boot: its id, or from 0, that of the newest entry, back to -${BOOTS_BACK_MAX}.`),
}

export const RANGE_PARAMETERS = {
  ...SHARED,
  limit: query('Entries to give; 0: all.', count),
  read_reverse: query('Newest first.', Type.Boolean()),
  until: query('No entries after; as since.'),
}

export const DOWNLOAD_PARAMETERS = { ...RANGE_PARAMETERS, postfix: query('Becomes part of the name of the file.') }

export const STREAM_PARAMETERS = {
  ...SHARED,
  limit: query('0, since a stream has no end.', Type.Literal(0)),
  'Last-Event-ID': {
    in: 'header',
    description: 'The id of the last event that came: takes the place of cursor, skip_next, skip_prev and since.',
    schema: Type.String(),
  },
} as const

/** All that the query string of v1 may hold. */
export type QueryName = keyof typeof DOWNLOAD_PARAMETERS

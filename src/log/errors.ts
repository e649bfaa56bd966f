/** Every fault of dcos-log. Codes are never renamed or reused; docs/ERRORS.md lists them. The sentences are those of 1.9, typos included. */
import { defineFaults } from '../shared/errors/fault.ts'

export const faults = defineFaults('LOG', {
  CONFIG_INVALID: {
    status: 500,
    message: () => 'Could not load config: Validation failed',
    remedy: 'Correct what the lines before this one name; a configuration file must contain role, even beside -role.',
    contract: 'log 1.2',
  },
  AUTH_UNSUPPORTED: {
    status: 500,
    message: () => 'auth is on, but this version cannot authorise task routes and would serve them to everybody',
    remedy: 'Set auth to false, or keep the original dcos-log where task logs must be authorised.',
    contract: 'log 6',
  },
  FILTER_MALFORMED: {
    status: 400,
    message: (found: string) => `Incorrect filter parameter format, must be ?filer=key:value. Got ${found}`,
    remedy: 'Write filter=FIELD:value, percent-encoded.',
    contract: 'log 3.1',
  },
  FILTER_FIELD_INVALID: {
    status: 400, // DEPARTURE (log 3.1): 1.9 dropped such a filter without a word and answered with everything
    message: (field: string) => `Incorrect filter parameter: ${field} is not a journal field name`,
    remedy: 'Name a field of systemd.journal-fields(7): letters, digits and underscores, not two underscores in front.',
    contract: 'log 3.1',
  },
  FILTERS_TOO_MANY: {
    status: 400,
    message: (limit: number) => `more than ${limit} filter parameters`,
    remedy: 'Ask with fewer filters.',
    contract: 'log 3.1',
  },
  CURSOR_ESCAPE_INVALID: {
    status: 400,
    message: (found: string) => `Unable to unescape cursor parameter: invalid URL escape "${found}"`,
    remedy: 'Percent-encode the cursor once.',
    contract: 'log 3.2',
  },
  LIMIT_INVALID: {
    status: 400,
    message: (why: string) => `Error parsing paramter \`limit\`: ${why}`,
    remedy: 'Give limit as a number from 0 (no limit) to 18446744073709551615.',
    contract: 'log 3',
  },
  SKIP_INVALID: {
    status: 400,
    message: (name: 'skip_next' | 'skip_prev', why: string) => `Error parsing parameter ${name}: ${why}`,
    remedy: 'Give skip_next and skip_prev as numbers from 0 to 18446744073709551615.',
    contract: 'log 3',
  },
  READ_REVERSE_INVALID: {
    status: 400,
    message: (found: string) => `strconv.ParseBool: parsing ${found}: invalid syntax`,
    remedy: 'Give read_reverse as true or false.',
    contract: 'log 3',
  },
  COMPONENT_LIMIT_INVALID: {
    status: 400,
    message: (why: string) => `unable to parse limit parameter: ${why}`,
    remedy: 'Give limit as a number from 0 (no limit) to 18446744073709551615.',
    contract: 'log 7.1',
  },
  COMPONENT_SKIP_INVALID: {
    status: 400,
    message: (why: string) => `unable to parse skip parameter: ${why}`,
    remedy: 'Give skip as a number of entries: above 0 to pass over them, below 0 to go back.',
    contract: 'log 7.1',
  },
  FIELD_NOT_ALLOWED: {
    status: 400,
    message: (field: string) => `${field} is not an allowed field`,
    remedy: 'Ask for FRAMEWORK_ID, AGENT_ID, EXECUTOR_ID, CONTAINER_ID or STREAM, in capitals.',
    contract: 'log 4.9',
  },
})

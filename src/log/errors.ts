/** Every fault of dcos-log. Codes are never renamed or reused; docs/ERRORS.md lists them. The sentences are those of 1.9, typos included. */
import { defineFaults } from '../shared/errors/fault.ts'

export const faults = defineFaults('LOG', {
  CONFIG_INVALID: {
    status: 500,
    message: () => 'Could not load config: Validation failed',
    remedy: 'Correct what the lines before this one name; a configuration file must contain role, even beside -role.',
    contract: 'log 1.2',
  },
  CA_UNREADABLE: {
    status: 500,
    message: (path: string, why: string) => `cannot read the certificates of ca-cert '${path}': ${why}`,
    remedy: 'Let ca-cert name a PEM file that the user of this service may read.',
    contract: 'log 6',
  },
  FILTER_MALFORMED: {
    status: 400,
    message: (found: string) => `Incorrect filter parameter format, must be ?filer=key:value. Got ${found}`,
    remedy: 'Write filter=FIELD:value or filter=FIELD~regex, percent-encoded.',
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
  FILTER_REGEX_INVALID: {
    status: 400,
    message: (why: string) => `Incorrect filter parameter: ${why}`,
    remedy: 'Write filter=FIELD~REGEX in the syntax of RE2, percent-encoded, its plus signs as %2B.',
    contract: 'log 3.1',
  },
  FILTER_REGEX_TOO_LONG: {
    status: 400,
    message: (limit: number) => `Incorrect filter parameter: a regular expression has more than ${limit} characters`,
    remedy: 'Look for less; several filters FIELD~REGEX must all hold.',
    contract: 'log 3.1',
  },
  FILTER_REGEX_TOO_LARGE: {
    status: 400,
    message: (pattern: string) => `Incorrect filter parameter: the regular expression ${pattern} is too large`,
    remedy: 'Repeat less: a part in {n} counts n times, one in nested {n} as often as they multiply to.',
    contract: 'log 3.1',
  },
  FILTER_REGEXES_TOO_MANY: {
    status: 400,
    message: (limit: number) => `more than ${limit} filter parameters with regular expressions`,
    remedy: 'Put alternatives into one, as in MESSAGE~this|that.',
    contract: 'log 3.1',
  },
  SEARCHES_TOO_MANY: {
    status: 503,
    message: (limit: number) => `${limit} clients search by regular expressions already`,
    remedy:
      'Ask again after the seconds of Retry-After. Who searches much: set verbose, and journalctl -u shows each request of this unit when it ends.',
    contract: 'log 3.6',
  },
  SEARCH_TOO_LONG: {
    status: 503,
    message: (seconds: number) => `nothing found within ${seconds} seconds`,
    remedy:
      'Narrow the search by since, until, boot, priority or filter=FIELD:value, or ask for events (Accept: text/event-stream), which wait.',
    contract: 'log 3.6',
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
  STREAM_PARAMETER: {
    status: 400,
    message: (name: 'limit' | 'read_reverse' | 'until') => `Unable to stream events with \`${name}\` parameter`,
    remedy: 'Leave it out, or ask for /range/ instead of /stream/; limit=0 is allowed.',
    contract: 'log 3',
  },
  TIME_INVALID: {
    status: 400,
    message: (name: 'since' | 'until', found: string) => `Error parsing parameter ${name}: "${found}" is not a time`,
    remedy:
      'Give 2017-03-08T10:15:20Z, seconds, milliseconds or microseconds since the epoch, or a duration back from now such as -15m or -1h30m; write the plus of an offset as %2B.',
    contract: 'log 3.5',
  },
  PRIORITY_INVALID: {
    status: 400,
    message: (found: string) => `Error parsing parameter priority: "${found}" is not a priority`,
    remedy: 'Give a number from 0 to 7, or emerg, alert, crit, err, warning, notice, info or debug.',
    contract: 'log 3.5',
  },
  BOOT_INVALID: {
    status: 400,
    message: (found: string, backMax: number) =>
      `Error parsing parameter boot: "${found}" is neither a boot id nor a number from -${backMax} to 0`,
    remedy: 'Give the 32 hexadecimal digits of _BOOT_ID, or 0 for the newest boot, -1 for the one before it.',
    contract: 'log 3.5',
  },
  UNIT_INVALID: {
    status: 400,
    message: (found: string) => `Error parsing parameter unit: "${found}" is not the name of a unit`,
    remedy:
      'Give a name as systemctl shows it, such as dcos-spartan.service; patterns are for filter=_SYSTEMD_UNIT~REGEX.',
    contract: 'log 3.5',
  },
  FOLLOWERS_TOO_MANY: {
    status: 503,
    message: (limit: number) => `${limit} clients follow the journal already`,
    remedy: 'Come again after the seconds of Retry-After; raise followers-max if the node can spare the memory.',
    contract: 'log 4.7',
  },
  RANGE_TOO_LONG: {
    status: 413, // Never seen: the answer has begun, and is cut off.
    message: (limit: number, what: 'entries' | 'bytes') => `the answer was cut off after ${limit} ${what}`,
    remedy:
      'Go on from the last cursor that came, or narrow the request by since, until, limit or filter; raise range-entries-max or range-bytes-max.',
    contract: 'log 4.11',
  },
  FIELD_NOT_ALLOWED: {
    status: 400,
    message: (field: string) => `${field} is not an allowed field`,
    remedy: 'Ask for FRAMEWORK_ID, AGENT_ID, EXECUTOR_ID, CONTAINER_ID or STREAM, in capitals.',
    contract: 'log 4.9',
  },
  TOKEN_MISSING: {
    status: 401,
    message: () => 'Token error: Missing token in auth request',
    remedy: 'Send the header Authorization: token=…, as after a login.',
    contract: 'log 6',
  },
  HEADER_MISSING: {
    status: 401,
    message: () => 'unable to get authorization header from a request',
    remedy: 'Send the header Authorization: token=…, as after a login.',
    contract: 'log 7.3',
  },
  TOKEN_REFUSED: {
    status: 401,
    message: () => 'Token error: Mesos does not know this token',
    remedy: 'Log in again.',
    contract: 'log 6',
  },
  SANDBOX_FORBIDDEN: {
    status: 403,
    message: () => 'Mesos does not allow to read this sandbox',
    remedy: 'Ask an operator of the cluster for the right to read the sandboxes of this framework.',
    contract: 'log 6',
  },
  FILE_MISSING: {
    status: 404,
    message: () => 'File not found',
    remedy: 'Look with …/files/browse which files the sandbox has; it goes some time after its task has ended.',
    contract: 'log 7.2',
  },
  FILE_NAME_INVALID: {
    status: 400,
    message: () => 'a part of the name of the file is empty, "." or "..", too long, or has a control character',
    remedy:
      'Name a file below the sandbox as …/files/browse lists it, its directories separated by %2F; a part has at most 255 bytes.',
    contract: 'log 7',
  },
  FILE_NUMBER_INVALID: {
    status: 400, // DEPARTURE (log 7.1): a negative offset was answered with 500
    message: (name: 'cursor' | 'skip' | 'limit', found: string) =>
      `unable to parse ${name} parameter. ${found} not an integer`,
    remedy:
      'Give cursor as BEG, END or a number of bytes, skip and limit as numbers of lines; only skip may be below 0.',
    contract: 'log 7.1',
  },
  TASK_UNKNOWN: {
    status: 404, // DEPARTURE (log 7.3): 500
    message: (wanted: string) => `unable to get canonical task ID: no task with the id or name ${wanted}`,
    remedy:
      'Give the name of a task, its id or a part of its id; the masters forget a task some time after it has ended.',
    contract: 'log 7.3',
  },
  TASK_AMBIGUOUS: {
    status: 409, // DEPARTURE (log 7.3): 500
    message: (wanted: string) => `unable to get canonical task ID: found more then 1 task with name ${wanted}`,
    remedy: 'Give the whole id of the task.',
    contract: 'log 7.3',
  },
  TASK_UNPLACED: {
    status: 404, // DEPARTURE (log 7.3): 500
    message: (wanted: string) => `unable to get canonical task ID: task ${wanted} has no container`,
    remedy: 'Wait until the task runs; one that failed before has left no files.',
    contract: 'log 7.3',
  },
  ADDRESS_UNKNOWN: {
    status: 500,
    message: () => "this node's address is not known",
    remedy: 'Run the script of detect-ip by hand: it must print one IPv4 or IPv6 address and exit 0 within 10 seconds.',
    contract: 'log 6',
  },
  MESOS_UNAVAILABLE: {
    status: 500,
    message: (who: string) => `no answer from ${who}`,
    remedy:
      'Check that Mesos runs there (dcos-mesos-slave, dcos-mesos-slave-public or dcos-mesos-master) and that mesos-agent and mesos-master, where they are set, name its address.',
    contract: 'log 7.2',
  },
  MESOS_FAILED: {
    status: 500,
    message: (who: string, status: number) => `${who} answered ${status}`,
    remedy: 'Check that the request names a file and not a directory, then look into the journal of Mesos.',
    contract: 'log 7.2',
  },
  MESOS_MALFORMED: {
    status: 500,
    message: (who: string) => `${who} answered in a form we do not know`,
    remedy: 'Check that mesos-agent and mesos-master lead to Mesos.',
    contract: 'log 7.2',
  },
  MESOS_TOO_LARGE: {
    status: 500,
    message: (who: string, limitBytes: number) => `${who} answered with more than ${limitBytes} bytes`,
    remedy:
      'Ask for a file by its name, since a sandbox of so many cannot be listed; if it was a state, let Mesos keep fewer ended tasks.',
    contract: 'log 7.2',
  },
  MESOS_BUSY: {
    status: 503,
    message: (limit: number) => `${limit} requests to Mesos are under way already`,
    remedy:
      'Ask again after the seconds of Retry-After. Who asks much: set verbose, and journalctl -u shows each request of this unit when it ends.',
    contract: 'log 7.2',
  },
})

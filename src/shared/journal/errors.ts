/** Faults of reading a journal, whatever the reader. dcos-log puts "Error opening journal reader: " before the sentences (log 4.8). */
import { defineFaults } from '../errors/fault.ts'

export const faults = defineFaults('JOURNAL', {
  CURSOR_MALFORMED: {
    status: 400, // DEPARTURE (log 3.2): 1.9 answered 500, but the mistake is the client's
    message: () => 'Incorrect cursor string',
    remedy: 'Pass a cursor this API returned, percent-encoded; leave it out to start at the oldest entry.',
    contract: 'log 3.2',
  },
  CURSOR_REFUSED: {
    status: 400, // DEPARTURE (log 3.2): 1.9 answered 500
    // 22 is EINVAL, as libsystemd told the original.
    message: (cursor: string) => `failed to seek to cursor "${cursor}": 22`,
    remedy: 'Pass a cursor this API returned: s and b are ids of 32 hexadecimal digits.',
    contract: 'log 3.2',
  },
  MATCH_UNSUPPORTED: {
    status: 400,
    message: (field: string) => `the value wanted for ${field} has a NUL byte or is not UTF-8`,
    remedy: 'Filter by another field; the reader in use cannot look for such values.',
    contract: 'log 3.1',
  },
  BUSY: {
    status: 503,
    message: (limit: number) => `${limit} readers are at work already`,
    remedy:
      'Ask again after the seconds of Retry-After. Who reads much: set verbose, and journalctl -u shows each request of this unit when it ends.',
    contract: 'log 10',
  },
  VALUES_TOO_MANY: {
    status: 500,
    message: (field: string, limitBytes: number) => `the values of ${field} have more than ${limitBytes} bytes`,
    remedy: 'Take the values from the entries of a while (since, until), or keep less of the journal (SystemMaxUse=).',
    contract: 'log 4.9',
  },
  OPEN_FILES_TOO_MANY: {
    status: 500,
    message: () => 'the journal cannot be read: too many files are open',
    remedy:
      'Raise LimitNOFILE= of this unit, or let journald keep fewer and larger files (SystemMaxFiles=, SystemMaxFileSize=).',
    contract: 'log 4.8',
  },
  UNAVAILABLE: {
    status: 500,
    message: (why: string) => `the journal cannot be read: ${why}`,
    remedy:
      'Check that journalctl works for the user of this service (group systemd-journal) and that the directory exists.',
    contract: 'log 4.8',
  },
})

/** Faults of configuration: every message names the source, the key, what was found and what is allowed. */
import { defineFaults } from '../errors/fault.ts'

export const faults = defineFaults('CONFIG', {
  FILE_UNREADABLE: {
    status: 500,
    message: (file: string, why: string) => `cannot read configuration file '${file}': ${why}`,
    remedy: 'Check that the file exists and that the user of the service may read it.',
  },
  FILE_MALFORMED: {
    status: 500,
    message: (file: string, why: string) => `configuration file '${file}' cannot be parsed: ${why}`,
    remedy: 'Correct the syntax at the place named, or generate the configuration again.',
  },
  VALUE_INVALID: {
    status: 500,
    message: (source: string, problems: string) => `${source}: ${problems}`,
    remedy: 'Set each key named to one of the values allowed, then start the service again.',
  },
  FLAG_UNKNOWN: {
    status: 500,
    message: (flag: string, known: string) => `flag provided but not defined: ${flag} (known: ${known})`,
    remedy: 'Leave the flag out or correct its spelling.',
  },
  FLAG_VALUE_MISSING: {
    status: 500,
    message: (flag: string) => `flag needs an argument: ${flag}`,
    remedy: 'Give the value as -flag=value or -flag value.',
  },
  FLAG_VALUE_INVALID: {
    status: 500,
    message: (flag: string, found: string, allowed: string) => `flag ${flag}: found '${found}', allowed ${allowed}`,
    remedy: 'Give a value of the kind named.',
  },
})

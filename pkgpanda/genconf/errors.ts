/** Every fault of the configuration generator. Codes are never renamed or reused; docs/ERRORS.md lists them. */
import { defineFaults } from '../../src/shared/errors/fault.ts'

export const faults = defineFaults('GENCONF', {
  FILE_UNREADABLE: {
    status: 500,
    message: (file: string, why: string) => `cannot read '${file}': ${why}`,
    remedy: 'Name an existing configuration with --config; docs/configuration.md lists its keys.',
  },
  FILE_MALFORMED: {
    status: 400,
    message: (place: string, why: string) => `${place}: not a YAML map of keys and values: ${why}`,
    remedy: 'Correct the syntax at the place named.',
  },
  CONFIGURATION_INVALID: {
    status: 400,
    message: (count: number, lines: string) =>
      `${count} ${count === 1 ? 'value needs' : 'values need'} correction\n${lines}`,
    remedy: 'Correct the keys named; docs/configuration.md says what each one allows.',
    contract: 'pkgpanda 5.6',
  },
  REPOSITORY_INCOMPLETE: {
    status: 500,
    message: (file: string, why: string) => `the package repository has no usable '${file}': ${why}`,
    remedy: 'Build the packages first (npm run build), then generate the configuration again.',
    contract: 'pkgpanda 3.1',
  },
  COMPONENTS_CONFLICT: {
    status: 500,
    message: (path: string, first: string, second: string) =>
      `components '${first}' and '${second}' both write '${path}'`,
    remedy: 'This is a mistake in pkgpanda/genconf/components: let one of them write the file.',
  },
  OUTPUT_FAILED: {
    status: 500,
    message: (path: string, why: string) => `cannot write '${path}': ${why}`,
    remedy: 'Check the space and the permissions of the output directory and of the repository.',
  },
})

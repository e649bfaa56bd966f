/** Every fault gen-resolvconf can end with. Codes are never renamed or reused; docs/ERRORS.md lists them. */
import { defineFaults } from '../shared/errors/fault.ts'

export const faults = defineFaults('RESOLVCONF', {
  RESOLVERS_UNSET: {
    status: 500,
    message: (path: string) => `no forwarder answers and RESOLVERS is not set: '${path}' stays as it is`,
    remedy: 'Start the program through its unit, which reads /opt/mesosphere/etc/dns_config, or set RESOLVERS.',
    contract: 'resolvconf 3',
  },
  SEARCH_INVALID: {
    status: 500,
    message: (search: string) => `SEARCH is '${search}', which has a line break or more than 255 characters`,
    remedy: 'Correct dns_search in config.yaml, generate the configuration again and install it.',
    contract: 'resolvconf 4',
  },
  FILE_UNWRITABLE: {
    status: 500,
    message: (path: string, why: string) => `cannot write '${path}', which stays as it was: ${why}`,
    remedy:
      'ENOSPC: free space on the file system of /etc. EROFS, EACCES, EPERM: make it writable, and look for chattr +i on the file.',
    contract: 'resolvconf 5',
  },
  FILE_INCOMPLETE: {
    status: 500,
    message: (path: string, why: string) => `'${path}' is mounted, and writing it in place failed half-way: ${why}`,
    remedy: 'Free space on the file system it is mounted from; the next run, within a minute, writes it whole.',
    contract: 'resolvconf 5',
  },
})

/** Faults that every HTTP daemon can answer with; a daemon's own stand in its own errors.ts. */
import { defineFaults } from '../errors/fault.ts'

export const faults = defineFaults('HTTP', {
  NOT_FOUND: {
    status: 404,
    message: () => '404 page not found',
    remedy: 'Ask for a route of the README; mind that a trailing slash matters.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    message: () => '405 method not allowed',
    remedy: 'Use one of the methods of the Allow header.',
  },
  INTERNAL: {
    status: 500,
    message: () => '500 internal server error',
    remedy: 'Look into the journal of the unit for the line with this code.',
  },
  BODY_TOO_LARGE: {
    status: 413,
    message: (limitBytes: number) => `the body is larger than ${limitBytes} bytes`,
    remedy: 'Send a smaller body.',
  },
  ADDRESS_UNAVAILABLE: {
    status: 500,
    message: (address: string, why: string) => `cannot listen on ${address}: ${why}`,
    remedy:
      'Find who holds the port or path (ss -lptn), stop it or configure another one; below 1024 a capability is needed.',
  },
  UPSTREAM_UNAVAILABLE: {
    status: 502,
    message: (url: string, why: string) => `no answer from ${url}: ${why}`,
    remedy: 'Check that the service behind this address runs and can be reached from this node.',
  },
  UPSTREAM_STATUS: {
    status: 502,
    message: (url: string, status: number) => `${url} answered ${status}`,
    remedy: 'Look into the journal of the service that answered.',
  },
  UPSTREAM_MALFORMED: {
    status: 502,
    message: (url: string, why: string) => `the answer of ${url} cannot be used: ${why}`,
    remedy: 'Check that the address leads to the service that is meant.',
  },
})

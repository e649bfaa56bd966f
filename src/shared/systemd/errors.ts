/** Faults of the conversation with systemd. */
import { defineFaults } from '../errors/fault.ts'

export const faults = defineFaults('SYSTEMD', {
  SOCKETS_UNEXPECTED: {
    status: 500,
    message: (expected: string, found: string) => `expected ${expected} from systemd, found ${found}`,
    remedy: 'Start the program through its socket unit, and check Sockets= and FileDescriptorName= of the units.',
  },
  BUS_UNAVAILABLE: {
    status: 503,
    message: (why: string) => `the system bus does not answer: ${why}`,
    remedy: 'Check that dbus.service runs and that the unit of this program may reach /run/dbus/system_bus_socket.',
  },
  UNIT_UNKNOWN: {
    status: 404,
    message: (unit: string) => `systemd knows no unit '${unit}'`,
    remedy: 'Name a unit with its suffix, for example dcos-log-agent.service.',
  },
})

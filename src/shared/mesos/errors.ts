/** Faults of what Mesos masters tell. Codes are never renamed or reused; docs/ERRORS.md lists them. */
import { defineFaults } from '../errors/fault.ts'

export const faults = defineFaults('MESOS', {
  LEADER_MALFORMED: {
    status: 502,
    message: (why: string) => `the leading Mesos master describes itself in a form we do not know: ${why}`,
    remedy: 'Compare the json.info_ nodes below /mesos in ZooKeeper with what Mesos 1.2 writes.',
  },
})

/** Places for what Mesos is asked for. */
import { createPlaces, type Places } from '../../shared/limits/places.ts'
import { faults } from '../errors.ts'

/** When a refused client should come again. */
const RETRY_AFTER_SECONDS = 1

/** Refuses with LOG_MESOS_BUSY. */
export function createMesosPlaces(max: number, waitingMax = 0): Places {
  const refuse = () => faults.MESOS_BUSY(max).with({ retryAfterSeconds: RETRY_AFTER_SECONDS })
  return createPlaces({ max, waitingMax, refuse })
}

/** `{"healthy": true}`: what the private control API takes in the place of a scheduler's health check. */
import { faults } from '../errors.ts'

/** Throws STANDIN_BODY_MALFORMED. */
export function parseHealthOrder(document: unknown): boolean {
  const healthy = (document as { healthy?: unknown } | null)?.healthy
  if (typeof healthy !== 'boolean') throw faults.BODY_MALFORMED('{"healthy": true} or {"healthy": false} expected')
  return healthy
}

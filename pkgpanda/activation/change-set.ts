/** What activate, swap and rollback share: options of the command → the activation, or with --dry-run what it would do. */
import { parseDuration } from '../../src/shared/time/duration.ts'
import type { CommandContext } from '../command.ts'
import { faults } from '../errors.ts'
import { activate } from './activate.ts'
import { type ActivationPlan, formatPlan } from './activation-plan.ts'
import { prepareActivation } from './prepare-activation.ts'

/** A node that is checked for longer would be locked for longer. */
const CHECK_TIMEOUT_MAX_MS = 60 * 60_000

export async function changeSet(
  { surroundings, options, out }: CommandContext,
  ids: readonly string[],
): Promise<ActivationPlan> {
  const all = options.all ?? false
  const checkTimeoutMs = options.checkTimeout === undefined ? undefined : parseCheckTimeout(options.checkTimeout)
  if (options.dryRun) {
    const { plan } = prepareActivation(surroundings, ids, { all })
    out(formatPlan(plan))
    return plan
  }
  return await activate(surroundings, ids, { all, ...(checkTimeoutMs === undefined ? {} : { checkTimeoutMs }) })
}

/** `30s`, `5m` → ms. Throws PKGPANDA_USAGE. */
export function parseCheckTimeout(text: string): number {
  let timeoutMs = Number.NaN
  try {
    timeoutMs = parseDuration(text)
  } catch {
    // Told below, with what is allowed here.
  }
  if (!(timeoutMs > 0 && timeoutMs <= CHECK_TIMEOUT_MAX_MS)) {
    throw faults.USAGE(`--check-timeout=${text}: a duration from 1s to 60m expected, such as 30s or 5m`)
  }
  return timeoutMs
}

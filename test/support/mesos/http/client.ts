/** Requests between the stand-in's own parts. */
import { Fault } from '../../../../src/shared/errors/fault.ts'
import { faults } from '../errors.ts'

/** Longer than a task takes to start; an agent that takes longer is as good as away. */
const REQUEST_TIMEOUT_MS = 5000

/**
 * The answer's JSON. Rejects with STANDIN_PEER_AWAY (no answer, or no success without a code of ours) naming `peer`, or
 * with the fault that the other side told.
 */
export async function exchangeJson(peer: string, method: string, path: string, document?: unknown): Promise<unknown> {
  let response: Response
  let body: unknown
  try {
    response = await fetch(`http://${peer}${path}`, {
      method,
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      redirect: 'error',
      ...(document !== undefined && { body: JSON.stringify(document) }),
    })
    body = await response.json()
  } catch (error) {
    throw faults.PEER_AWAY(peer, describe(error)).because(error)
  }
  if (response.ok) return body
  const { code, message, remedy } = body as Partial<Fault>
  if (code && message && remedy) throw new Fault(code, response.status, message, remedy)
  throw faults.PEER_AWAY(peer, `status ${response.status}`)
}

/** fetch hides the reason (ECONNREFUSED) in the cause. */
function describe(error: unknown): string {
  const cause = (error as { cause?: unknown }).cause
  if (cause instanceof Error) return cause.message
  return error instanceof Error ? error.message : String(error)
}

/**
 * Private: registers a framework, `{"name": …}` and whatever of model/framework.ts shall differ from Marathon;
 * principal null for none.
 */
import { faults } from '../../errors.ts'
import { jsonAnswer } from '../../http/answers.ts'
import type { Route } from '../../http/route.ts'
import type { FrameworkInfo } from '../../model/framework.ts'
import { leaderOrder } from '../leader-only.ts'
import type { MasterContext } from '../routes.ts'

export const frameworkAddRoute = (context: MasterContext): Route => ({
  paths: ['/standin/frameworks'],
  method: 'POST',
  handle: leaderOrder(context, async ({ json }) => {
    const given = (await json()) as (Omit<Partial<FrameworkInfo>, 'principal'> & { principal?: string | null }) | null
    if (typeof given?.name !== 'string') throw faults.BODY_MALFORMED('{"name": "…"} expected')
    const { name, principal = `dcos_${name}`, ...rest } = given
    const info = { ...rest, name, ...(principal !== null && { principal }) }
    return jsonAnswer(context.registry.addFramework(info, context.nowMs()), 'by key', 201)
  }),
})

/** /redirect: where the leading master is. */
import { redirectAnswer } from '../../http/answers.ts'
import type { Route } from '../../http/route.ts'
import { NO_LEADER } from '../leader-only.ts'
import type { MasterContext } from '../routes.ts'

export const redirectRoute = ({ leader }: MasterContext): Route => ({
  paths: ['/redirect', '/master/redirect'],
  handle: () => {
    const leading = leader()
    return leading ? redirectAnswer(`${leading.hostname}:${leading.port}`) : NO_LEADER
  },
})

/** The master's /state. */
import type { Route } from '../../http/route.ts'
import { masterStateJson } from '../../json/master-state.ts'
import { leaderDocument } from '../leader-only.ts'
import type { MasterContext } from '../routes.ts'

export const stateRoute = (context: MasterContext): Route =>
  leaderDocument(context, 'state', () => masterStateJson(context.view()), ['/state.json', '/master/state.json'])

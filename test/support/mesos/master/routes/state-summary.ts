/** /state-summary */
import type { Route } from '../../http/route.ts'
import { stateSummaryJson } from '../../json/state-summary.ts'
import { leaderDocument } from '../leader-only.ts'
import type { MasterContext } from '../routes.ts'

export const stateSummaryRoute = (context: MasterContext): Route =>
  leaderDocument(context, 'state-summary', () => stateSummaryJson(context.view()))

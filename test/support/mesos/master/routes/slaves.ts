/** /slaves; `slave_id` is taken and ignored, as 1.2.3 does. */
import type { Route } from '../../http/route.ts'
import { slavesJson } from '../../json/master-slaves.ts'
import { leaderDocument } from '../leader-only.ts'
import type { MasterContext } from '../routes.ts'

export const slavesRoute = (context: MasterContext): Route =>
  leaderDocument(context, 'slaves', () => slavesJson(context.view()))

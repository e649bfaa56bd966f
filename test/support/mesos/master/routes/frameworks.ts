/** /frameworks */
import type { Route } from '../../http/route.ts'
import { frameworksJson } from '../../json/master-frameworks.ts'
import { leaderDocument } from '../leader-only.ts'
import type { MasterContext } from '../routes.ts'

export const frameworksRoute = (context: MasterContext): Route =>
  leaderDocument(context, 'frameworks', () => frameworksJson(context.view()))

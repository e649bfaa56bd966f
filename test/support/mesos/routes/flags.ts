/** /flags */
import { jsonAnswer } from '../http/answers.ts'
import type { Route } from '../http/route.ts'

export const flagsRoute = (process: string, flags: Record<string, string>): Route => ({
  paths: ['/flags', `/${process}/flags`],
  handle: () => jsonAnswer({ flags }),
})

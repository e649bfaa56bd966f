/** /health: 200 and nothing, leader or not. */
import { emptyAnswer } from '../http/answers.ts'
import type { Route } from '../http/route.ts'

/** `process`: `master` or `slave(1)`. */
export const healthRoute = (process: string): Route => ({
  paths: ['/health', `/${process}/health`],
  handle: () => emptyAnswer(),
})

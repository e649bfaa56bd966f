/** /metrics/snapshot; `timeout` is taken and ignored, since every figure is at hand. */
import { jsonAnswer } from '../http/answers.ts'
import type { Route } from '../http/route.ts'
import type { Metrics } from '../json/metrics.ts'

export const metricsRoute = (metrics: () => Metrics): Route => ({
  paths: ['/metrics/snapshot'],
  handle: () => jsonAnswer(metrics(), 'all'),
})

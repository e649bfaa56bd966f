/** dcos-log in process over a journal of the test's, on a unix socket as on a node; gone with the test. */
import { request as httpRequest, type IncomingMessage } from 'node:http'
import type { Test } from 'tap'
import { errorAnswer } from '../../src/log/error-answer.ts'
import { createFollowers, type FollowersOptions } from '../../src/log/followers.ts'
import { declareLogMetrics, type LogMetrics } from '../../src/log/metrics.ts'
import type { RangeLimits } from '../../src/log/range-limits.ts'
import { fallback, routes } from '../../src/log/routes.ts'
import type { TaskContext } from '../../src/log/v2/routes.ts'
import type { Listener } from '../../src/shared/http/listener.ts'
import { startHttpServer } from '../../src/shared/http/server.ts'
import type { Journal } from '../../src/shared/journal/reader.ts'
import { createLog } from '../../src/shared/log/journald.ts'
import { createMetrics } from '../../src/shared/metrics/registry.ts'
import { createDrivenClock } from '../support/clock.ts'
import { socketPath } from './socket-path.ts'

export const NO_LIMITS: RangeLimits = { entriesMax: 0, bytesMax: 0 }

/** `journalOf` may want the metrics, which count readers. */
export async function startLogServer(
  t: Test,
  journalOf: (metrics: LogMetrics) => Journal,
  {
    clock = createDrivenClock(),
    max = 10,
    listener,
    rangeLimits = NO_LIMITS,
    tasks,
    ...followersOptions
  }: Partial<FollowersOptions & { listener: Listener; rangeLimits: RangeLimits; tasks: TaskContext }> = {},
) {
  const metrics = createMetrics('log')
  const counted = declareLogMetrics(metrics)
  const lines: string[] = []
  const log = createLog({ write: line => void lines.push(line) })
  const path = socketPath(t)
  const followers = createFollowers({ max, metrics: counted, clock, log, ...followersOptions })
  const table = routes(journalOf(counted), { metrics: counted, followers, rangeLimits, ...(tasks && { tasks }) })
  const server = await startHttpServer({
    routes: table,
    answersOptions: true,
    fallback,
    errorAnswer,
    listener: listener ?? { path },
    log,
    metrics,
  })
  t.teardown(() => server[Symbol.asyncDispose]())
  const ask = (target: string, options: { method?: string; headers?: Record<string, string> } = {}) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const request = httpRequest({ socketPath: path, path: target, agent: false, ...options })
      request.on('error', reject).on('response', resolve).end()
    })
  return { ask, path, server, lines, metrics, counted }
}

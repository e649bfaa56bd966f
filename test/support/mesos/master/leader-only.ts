/** What only the leading master answers: others redirect, and refuse while nobody leads. */

import { faults } from '../errors.ts'
import { jsonAnswer, redirectAnswer, textAnswer } from '../http/answers.ts'
import type { Answer, Route, RouteRequest } from '../http/route.ts'
import type { MasterContext } from './routes.ts'

export const NO_LEADER = textAnswer(503, 'No leader elected')

/** A document under `/<name>`, with Mesos' other spellings. QUIRK: the redirect forgets the query. */
export function leaderDocument(
  { isLeading, leader }: MasterContext,
  name: string,
  make: (request: RouteRequest) => unknown,
  aliases: readonly string[] = [],
): Route {
  return {
    paths: [`/${name}`, `/master/${name}`, ...aliases],
    handle: request => {
      if (isLeading()) return jsonAnswer(make(request))
      const elsewhere = leader()
      return elsewhere ? redirectAnswer(`${elsewhere.hostname}:${elsewhere.port}`, `/master/${name}`) : NO_LEADER
    },
  }
}

/** A private order: the leader obeys, the others point to it. Throws STANDIN_NOT_LEADING while nobody leads. */
export function leaderOrder(
  { isLeading, leader }: MasterContext,
  obey: (request: RouteRequest) => Answer | Promise<Answer>,
): Route['handle'] {
  return request => {
    if (isLeading()) return obey(request)
    const elsewhere = leader()
    if (!elsewhere) throw faults.NOT_LEADING()
    return redirectAnswer(`${elsewhere.hostname}:${elsewhere.port}`, request.path)
  }
}

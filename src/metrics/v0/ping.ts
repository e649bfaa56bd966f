/** GET /v0/ping: the daemon is there (metrics 2.2). */
import { Type } from 'typebox'
import { type Handler, jsonAnswer } from '../../shared/http/route.ts'
import type { Clock } from '../../shared/time/clock.ts'
import { JSON_TYPE } from './node.ts'
import { secondsTimestamp } from './timestamp.ts'

export const Ping = Type.Object({ ok: Type.Boolean(), timestamp: Type.String({ format: 'date-time' }) })

export function ping(clock: Clock): Handler {
  return () => jsonAnswer({ ok: true, timestamp: secondsTimestamp(clock.nowMs()) }, 200, JSON_TYPE)
}

/** GET /v0/node: this node's datapoints and dimensions; 204 while there are none (metrics 2.1, 2.2). */
import { Type } from 'typebox'
import { type Handler, type HttpAnswer, jsonAnswer } from '../../shared/http/route.ts'
import type { NodeDimensions } from '../identity.ts'
import type { Store, StoredDatapoint } from '../store.ts'
import { nanoTimestamp } from './timestamp.ts'

/** As 1.9 spells it. */
export const JSON_TYPE = 'application/json; charset=UTF-8'

/** Clients tell "not yet" from "wrong" by it; the headers are those of 1.9. */
const NO_DATA: HttpAnswer = {
  status: 204,
  headers: { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' },
}

export const Message = Type.Object({
  datapoints: Type.Array(
    Type.Object({
      name: Type.String(),
      value: Type.Number(),
      unit: Type.String(),
      timestamp: Type.String({ format: 'date-time' }),
      tags: Type.Optional(Type.Record(Type.String(), Type.String())),
    }),
  ),
  dimensions: Type.Object({
    mesos_id: Type.String(),
    cluster_id: Type.Optional(Type.String()),
    hostname: Type.String(),
  }),
})

export function node(store: Store, dimensions: () => NodeDimensions): Handler {
  return () => {
    const datapoints = store.datapoints()
    if (datapoints.length === 0) return NO_DATA
    return jsonAnswer({ datapoints: datapoints.map(datapointJson), dimensions: dimensions() }, 200, JSON_TYPE)
  }
}

/** Keys in the order of metrics 2.2; no `tags` when there are none. */
function datapointJson({ name, value, unit, sampledAtMs, tags }: StoredDatapoint) {
  const timestamp = nanoTimestamp(sampledAtMs)
  return tags && Object.keys(tags).length > 0
    ? { name, value, unit, timestamp, tags }
    : { name, value, unit, timestamp }
}

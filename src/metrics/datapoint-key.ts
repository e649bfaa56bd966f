/** One order and one identity for datapoints: by name, then by tags. Pure. */
import type { Datapoint } from '../shared/metrics/collector.ts'

/** Name and sorted tags; control characters keep `a` + `b=c` apart from `a b` + `=c`. Sorting keys sorts datapoints. */
export function datapointKey({ name, tags = {} }: Datapoint): string {
  let key = name
  for (const tag of Object.keys(tags).sort()) key += `\u0001${tag}\u0002${tags[tag]}`
  return key
}

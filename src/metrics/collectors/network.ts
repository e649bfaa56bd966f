/** Counters of every interface, loopback and veth included, from proc_pid_net(5). Cumulative since the interface came. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Datapoint } from '../../shared/metrics/collector.ts'
import { faults } from '../errors.ts'
import type { NodeCollector } from './node.ts'

/** Datapoint and its column in the file, counted from 0 after the name: 0–7 receive, 8–15 transmit. */
const COLUMNS = [
  ['network.in', 0, 'bytes'],
  ['network.in.packets', 1, 'count'],
  ['network.in.errors', 2, 'count'],
  ['network.in.dropped', 3, 'count'],
  ['network.out', 8, 'bytes'],
  ['network.out.packets', 9, 'count'],
  ['network.out.errors', 10, 'count'],
  // DEPARTURE (metrics 3): 1.9 read column 13, the collisions.
  ['network.out.dropped', 11, 'count'],
] as const

const COLUMN_COUNT = 16

export const network: NodeCollector = {
  name: 'network',
  async collect({ roots }, signal) {
    const file = join(roots.procfs, 'net/dev')
    return parseNetwork(await readFile(file, { encoding: 'utf8', signal }), file)
  },
}

/** Throws METRICS_PROC_FILE_UNEXPECTED. Two lines of headings come first; a number may follow the colon without a blank. */
export function parseNetwork(text: string, file = 'dev'): Datapoint[] {
  const datapoints: Datapoint[] = []
  for (const line of text.split('\n').slice(2)) {
    if (line.trim() === '') continue
    // A name may hold colons itself (eth0:1): the last one ends it.
    const [, name, rest = ''] = /^\s*(\S+):\s*([\d\s]+)$/.exec(line) ?? []
    const counters = rest.trim().split(/\s+/).map(Number)
    if (name === undefined || counters.length < COLUMN_COUNT) throw faults.PROC_FILE_UNEXPECTED(file, line.slice(0, 80))
    for (const [metric, column, unit] of COLUMNS) {
      datapoints.push({ name: metric, value: counters[column] ?? 0, unit, tags: { interface: name } })
    }
  }
  return datapoints
}

/** Ports for a task: numbers of the agent's range that neither another task nor any program of this machine has. */
import { createServer } from 'node:net'
import { faults } from '../errors.ts'
import type { PortRange } from '../model/resources.ts'
import type { DiscoveryPort } from '../model/task.ts'

/** Every port 0 gets a number. Rejects with STANDIN_NO_PORT_LEFT. */
export async function assignPorts(
  wanted: readonly DiscoveryPort[],
  offered: readonly PortRange[],
  taken: ReadonlySet<number>,
): Promise<DiscoveryPort[]> {
  const used = new Set([...taken, ...wanted.map(port => port.number)])
  const assigned: DiscoveryPort[] = []
  const candidates = freeNumbers(offered, used)
  for (const port of wanted) {
    if (port.number !== 0) {
      assigned.push(port)
      continue
    }
    let number = candidates.next()
    while (!number.done && !(await canListen(number.value))) number = candidates.next()
    if (number.done) throw faults.NO_PORT_LEFT(wanted.length)
    assigned.push({ ...port, number: number.value })
  }
  return assigned
}

function* freeNumbers(offered: readonly PortRange[], used: ReadonlySet<number>): Generator<number, undefined> {
  for (const { begin, end } of offered) {
    for (let number = begin; number <= end; number++) if (!used.has(number)) yield number
  }
  return undefined
}

/** Agents of one test share this machine and its ports, while each believes in a range of its own. */
function canListen(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '0.0.0.0', () => probe.close(() => resolve(true)))
  })
}

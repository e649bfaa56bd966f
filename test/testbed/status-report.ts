/** Gathers and prints the table or the JSON document. Whether a node is well is in it, not in an exit status. */
import type { Bed } from './bed.ts'
import { readBedTargets, readNodes, toClusterStatus } from './cluster-status.ts'
import { formatStatus } from './table.ts'
import { readUrls } from './urls.ts'

/** Prints to standard output what the bed is doing now. */
export async function printStatus(bed: Bed, json: boolean): Promise<void> {
  const [nodes, urls] = await Promise.all([readNodes(bed), readUrls(bed)])
  const targets = await readBedTargets(urls.prometheus)
  process.stdout.write(
    json ? `${JSON.stringify(toClusterStatus(nodes, targets, urls), null, 2)}\n` : formatStatus(nodes, targets, urls),
  )
}

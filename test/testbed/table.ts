/** The table that npm start and npm run status print. Pure. */
import type { Target } from '../support/prometheus/targets.ts'
import type { NodeReport } from './cluster-status.ts'
import { judgeUnit, summarize } from './unit-state.ts'

/** Columns padded to their widest cell, two blanks between. */
export function formatColumns(rows: readonly (readonly string[])[]): string {
  const columns = Math.max(0, ...rows.map(row => row.length))
  const widths = Array.from({ length: columns }, (_, i) => Math.max(...rows.map(row => row[i]?.length ?? 0)))
  return rows
    .map(row =>
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Nodes, units that are not well or have something to say, targets, URLs. */
export function formatStatus(
  nodes: readonly NodeReport[],
  targets: readonly Target[],
  urls: Readonly<Record<string, string>>,
): string {
  const sections = [formatColumns([NODE_HEAD, ...nodes.map(nodeRow)])]
  const sentences = nodes.flatMap(({ name, units }) =>
    units.filter(({ status }) => status).map(unit => [name, unit.name, unit.active, unit.status]),
  )
  if (sentences.length > 0) sections.push(formatColumns([['NODE', 'UNIT', 'STATE', 'STATUS'], ...sentences]))
  if (targets.length > 0)
    sections.push(formatColumns([['TARGET', 'JOB', 'HEALTH', 'ERROR'], ...targets.map(targetRow)]))
  const addresses = Object.entries(urls)
  if (addresses.length > 0)
    sections.push(formatColumns([['URL', 'FOR'], ...addresses.map(([name, url]) => [url, name])]))
  return `${sections.join('\n\n')}\n`
}

const NODE_HEAD = ['NODE', 'ROLE', 'ADDRESS', 'STATE', 'ACTIVE', 'AT REST', 'FAILED', 'HEALTH']

function nodeRow({ name, role, address, state, units }: NodeReport): string[] {
  const active = units.filter(unit => unit.active === 'active').length
  const failed = units.filter(unit => judgeUnit(unit) === 'failed').length
  return [
    name,
    role,
    address,
    state,
    String(active),
    String(units.length - active - failed),
    String(failed),
    state === 'down' ? 'down' : summarize(units),
  ]
}

function targetRow({ job, instance, health, lastError }: Target): string[] {
  return [instance, job, health, lastError]
}

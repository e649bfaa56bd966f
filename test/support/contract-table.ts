/** Tables of docs/contracts, which the contract tests read. Pure. */

/** Cells of the first table below a heading of a contract, without its head. */
export function tableRows(contract: string, heading: string): string[][] {
  const section = contract
    .slice(contract.indexOf(`# ${heading}\n`))
    .split('\n')
    .slice(1)
  const start = section.findIndex(line => line.startsWith('|'))
  const end = section.findIndex((line, i) => i > start && !line.startsWith('|'))
  return section.slice(start + 2, end < 0 ? undefined : end).map(line =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map(cell => cell.trim()),
  )
}

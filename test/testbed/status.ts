/** `npm run status [-- --json]`: the table of npm start again, or the same as one JSON document. */
import { openBed } from './bed.ts'
import { faults } from './errors.ts'
import { runBedCommand } from './run-command.ts'
import { startBed } from './settings.ts'
import { parseStatusOptions } from './start-options.ts'
import { printStatus } from './status-report.ts'

runBedCommand(async () => {
  const { json } = parseStatusOptions(process.argv.slice(2))
  if (process.getuid?.() !== 0) throw faults.NOT_ROOT()
  const bed = openBed(startBed(process.env))
  if ((await bed.nodes()).length === 0) throw faults.NOT_STARTED(bed.settings.directory)
  await printStatus(bed, json)
})

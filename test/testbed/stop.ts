/** `npm run stop`: removes every trace of npm start, however far that came. The caches stay, for the next one. */
import { openBed } from './bed.ts'
import { faults } from './errors.ts'
import { removeBed } from './remove-bed.ts'
import { runBedCommand } from './run-command.ts'
import { startBed } from './settings.ts'

runBedCommand(async () => {
  if (process.getuid?.() !== 0) throw faults.NOT_ROOT()
  const settings = startBed(process.env)
  const removed = await removeBed(openBed(settings))
  process.stdout.write(removed.length > 0 ? `removed ${removed.join(' ')}\n` : 'nothing was running\n')
})

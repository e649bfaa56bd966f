/** The shipped program on small disks that are really full. */
import t from 'tap'
import { FULL_DISKS, runOnFullDisk } from './full-disk.ts'
import { openWorkshop, scratchOf } from './workshop.ts'

const TIMEOUT_MS = 280_000
const skip = process.getuid?.() === 0 ? false : 'mounting a small disk needs root'

t.test('full disks', { skip, timeout: TIMEOUT_MS }, async t => {
  const workshop = await openWorkshop(t)
  for (const row of FULL_DISKS) {
    const what = `${row.what}: ${row.ends}`
    t.strictSame(await runOnFullDisk(workshop, row, scratchOf(workshop, row.what)), [], what)
  }
})

// When followers are woken: by inotify, whatever becomes of the directories; once a second where it does not reach.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { createDirectoryWatcher } from '../../../../src/shared/journal/file/directory-watcher.ts'
import { createDrivenClock, settle } from '../../../support/clock.ts'

const forever = new AbortController().signal

const noInotify = () => {
  throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' })
}

/** Real changes take their real time. */
async function until(condition: () => boolean): Promise<void> {
  for (let look = 0; look < 500 && !condition(); look++) await sleep(10)
}

t.test('a directory that was removed and made anew is watched anew', async t => {
  const path = join(t.testdir(), 'journal')
  mkdirSync(path)
  const clock = createDrivenClock()
  const watcher = createDirectoryWatcher(() => [path], clock)
  const watch = watcher.watch()
  for (const round of ['first', 'second', 'third']) {
    const before = watcher.events
    writeFileSync(join(path, 'system.journal'), round)
    await until(() => watcher.events > before)
    t.ok(watcher.events > before, `${round} directory`)
    rmSync(path, { recursive: true })
    mkdirSync(path)
    // What inotify says of the old one has come, and the next look is over.
    await sleep(50)
    await clock.run(100)
    const changed = watch.changed(forever)
    await clock.run(1000)
    await changed
    await clock.run(100)
  }
  watch.close()
})

t.test('a directory that is no longer among them is no longer watched', async t => {
  const [gone, kept] = [join(t.testdir({ gone: {}, kept: {} }), 'gone'), join(t.testdirName, 'kept')]
  let places = [gone, kept]
  const clock = createDrivenClock()
  const watcher = createDirectoryWatcher(() => places, clock)
  const watch = watcher.watch()
  places = [kept]
  const changed = watch.changed(forever)
  await clock.run(1000)
  await changed
  writeFileSync(join(gone, 'a.journal'), '')
  await sleep(50)
  t.equal(watcher.events, 0)
  writeFileSync(join(kept, 'a.journal'), '')
  await until(() => watcher.events > 0)
  t.equal(watcher.events, 1)
  watch.close()
})

t.test('without inotify everybody is woken once a second', async t => {
  const directory = t.testdir()
  const clock = createDrivenClock()
  const watcher = createDirectoryWatcher(() => [directory], clock, noInotify)
  const watches = [watcher.watch(), watcher.watch()]
  let woken = 0
  for (const watch of watches) watch.changed(forever).then(() => woken++)
  await clock.run(999)
  t.equal(woken, 0)
  await clock.run(1)
  t.equal(woken, 2)
  for (const watch of watches) watch.close()
  await settle()
  t.equal(clock.sleepers(), 0)
})

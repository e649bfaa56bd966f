import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { loadIndex } from '../../../pkgpanda/build/index-file.ts'
import { openRepository } from '../../../pkgpanda/build/repository.ts'
import { lockRepository } from '../../../pkgpanda/build/repository-lock.ts'
import { tarballPath } from '../../../pkgpanda/store/store-layout.ts'

const HEX = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' // sha256 of 'abc'

t.test('an index that is damaged is the fault of whoever builds', async t => {
  const directory = t.testdir({ 'index.json': '{' })
  await t.rejects(loadIndex(directory), { code: 'BUILD_INDEX_MALFORMED', message: /index\.json/ })
})

t.test('the repository: files count from commit on, and only while they are what the index says', async t => {
  const directory = join(t.testdir({}), 'repository')
  const path = tarballPath('app--1')
  t.equal(path, 'packages/app/app--1.tar.xz')
  {
    await using repository = await openRepository(directory)
    await repository.put(path, [Buffer.from('a'), Buffer.from('bc')])
    await repository.put('bootstrap.latest', 'text\n')
    t.equal((await loadIndex(directory)).size, 0, 'not before commit')
    await repository.commit()
  }
  t.strictSame((await loadIndex(directory)).get(path), { sha256: HEX, sizeBytes: 3 })
  t.equal(readFileSync(join(directory, path), 'utf8'), 'abc')
  {
    await using repository = await openRepository(directory)
    t.equal(await repository.has(path), true)
    t.equal(await repository.has('bootstrap.latest', 'text\n'), true)
    t.equal(await repository.has('bootstrap.latest', 'another\n'), false, 'not this text')
    t.equal(await repository.has('packages/other'), false)
    writeFileSync(join(directory, path), 'abd')
    t.equal(await repository.has(path), false, 'other bytes of the same size')
    rmSync(join(directory, path))
    t.equal(await repository.has(path), false, 'gone')
    await repository.commit()
  }
  t.strictSame([...(await loadIndex(directory)).keys()], ['bootstrap.latest'], 'what is gone leaves the index')
  t.strictSame(readdirSync(join(directory, 'packages/app')), [], 'no temporary files')
})

t.test('a file that cannot be written leaves nothing behind', async t => {
  const directory = t.testdir({ packages: 'a file where a folder must be' })
  await using repository = await openRepository(directory)
  await t.rejects(repository.put('packages/app/x', 'abc'), { code: /ENOTDIR|EEXIST/ })
  await repository.commit()
  t.strictSame([...(await loadIndex(directory)).keys()], [])
})

t.test('one writer at a time', async t => {
  const directory = t.testdir({})
  const events: string[] = []
  const first = await lockRepository(directory, () => events.push('first waits'))
  const waiting = Promise.withResolvers<void>()
  const second = lockRepository(directory, () => {
    events.push('second waits')
    waiting.resolve()
  })
  await waiting.promise
  events.push('first ends')
  await first[Symbol.asyncDispose]()
  await using _held = await second
  t.strictSame(events, ['second waits', 'first ends'])

  const other = join(directory, 'other')
  await mkdir(other)
  await using _free = await lockRepository(other, () => t.fail('another repository is free'))
})

t.test('a malformed index keeps nothing locked', async t => {
  const directory = t.testdir({ 'index.json': '{' })
  await t.rejects(openRepository(directory), { code: 'BUILD_INDEX_MALFORMED' })
  await using _free = await lockRepository(directory, () => t.fail('still locked'))
})

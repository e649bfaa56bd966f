/** Tarballs that are damaged in every way, or too much of something: the exact package or a refusal, never a hang, never a rest. */
import { execFileSync } from 'node:child_process'
import { readdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadManifest } from '../../../../pkgpanda/package/manifest.ts'
import { scratchDirectory, snapshot } from '../../node-fixture.ts'
import { add, emptyFiles, HOSTILE, ID, PKGINFO, tarball, UNREADABLE, xz } from './tarball-fixture.ts'

t.test('sparse giants, as GNU tar writes them', async t => {
  const directory = scratchDirectory(t)
  writeFileSync(join(directory, 'pkginfo.json'), '{}')
  writeFileSync(join(directory, 'giant'), '')
  truncateSync(join(directory, 'giant'), 1024 ** 4)
  for (const format of ['gnu', 'pax --sparse-version=0.0', 'pax --sparse-version=0.1', 'pax --sparse-version=1.0']) {
    const packed = execFileSync('tar', [
      '--create',
      '--sparse',
      ...`--format=${format}`.split(' '),
      '--directory',
      directory,
      '.',
    ])
    const { result, message } = await add(t, xz(packed))
    t.equal(result, HOSTILE, format)
    t.match(message, /[Ss]parse/, format)
  }
})

t.test('thousands of entries; test/long has the most that are allowed', async t => {
  const { result, message, repository } = await add(t, xz(Buffer.concat([...emptyFiles(3_000), tarball([PKGINFO])])))
  t.equal(result, 'added', message)
  t.equal(readdirSync(join(repository, ID, 'd42')).length, 30)
  t.equal(loadManifest(repository, ID)?.size, 3_101)
})

/** What every damaged copy of it may end in: itself, or a refusal that leaves nothing (`add` asserts that). */
async function exactOrRefused(t: Parameters<typeof add>[0], copies: readonly Buffer[], whole: Buffer): Promise<void> {
  const { repository } = await add(t, whole)
  const exact = snapshot(join(repository, ID))
  const allowed = [
    HOSTILE,
    UNREADABLE,
    'PKGPANDA_PKGINFO_UNREADABLE',
    'PKGPANDA_PACKAGE_TREE_UNREADABLE',
    'PKGPANDA_NO_SPACE',
  ]
  const found = new Map<string, number>()
  const queue = copies.entries()
  const work = async () => {
    for (const [index, bytes] of queue) {
      const { result, repository: at } = await add(t, bytes)
      found.set(result, (found.get(result) ?? 0) + 1)
      if (result === 'added') t.strictSame(snapshot(join(at, ID)), exact, `copy ${index}`)
      else if (!allowed.includes(result)) t.fail(`copy ${index}: ${result}`)
    }
  }
  await Promise.all([work(), work(), work()])
  t.comment([...found].map(([result, count]) => `${count} ${result}`).join(', '))
  t.ok((found.get(UNREADABLE) ?? 0) > copies.length / 2, 'most of them cannot be read')
}

// Small, and with everything in it: stream header, block header, data, padding, check, index, footer.
const SMALL = xz(
  tarball([PKGINFO, { path: 'bin/a', content: 'hello' }, { path: 'l', type: 'SymbolicLink', linkpath: 'bin/a' }]),
)

t.test('one bit flipped, in every byte of an archive: the exact package or a refusal', async t => {
  const copies = Array.from(SMALL, (_, index) => {
    const copy = Buffer.from(SMALL)
    copy[index]! ^= 1 << (index % 8)
    return copy
  })
  await exactOrRefused(t, copies, SMALL)
})

t.test('an archive cut off after every byte: a refusal', async t => {
  await exactOrRefused(
    t,
    Array.from(SMALL, (_, index) => SMALL.subarray(0, index)),
    SMALL,
  )
})

t.test('one bit flipped, in every third byte of a header of the tar inside', async t => {
  // Before the checksum of the header, in it and behind it; that of the contents is the digest of the whole file.
  const inner = tarball([{ path: 'a', content: 'x' }, PKGINFO])
  const found = new Set<string>()
  for (let index = 0; index < 512; index += 3) {
    const copy = Buffer.from(inner)
    copy[index]! ^= 1 << (index % 8)
    found.add((await add(t, xz(copy))).result)
  }
  t.strictSame([...found], [UNREADABLE])
})

t.test('an xz bomb: more memory than any package needs', async t => {
  const greedy = execFileSync('xz', ['--stdout', '--lzma2=dict=512MiB'], {
    input: tarball([PKGINFO]),
    maxBuffer: 1 << 20,
  })
  const { result, message } = await add(t, greedy)
  t.equal(result, UNREADABLE)
  t.match(message, /[Mm]emory/)
})

/** `npm run test:long -- many-entries`: tarballs with as many entries as pkgpanda takes, and with more. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadManifest } from '../../pkgpanda/package/manifest.ts'
import { add, emptyFiles, HOSTILE, ID, PKGINFO, tarball, xz } from '../pkgpanda/repository/unpack/tarball-fixture.ts'

t.test('a hundred thousand entries are unpacked, a path that is a forest is refused', async t => {
  const { result, message, repository } = await add(t, xz(Buffer.concat([...emptyFiles(100_000), tarball([PKGINFO])])))
  t.equal(result, 'added', message)
  t.equal(readdirSync(join(repository, ID, 'd42')).length, 1_000)
  t.equal(loadManifest(repository, ID)?.size, 100_101)
  // Each entry would bring 1,000 directories, which only its path names.
  const deep = Array.from({ length: 201 }, (_, index) => ({
    path: `${index}/${'a/'.repeat(1_000)}f`,
    pax: `path=${index}/${'a/'.repeat(1_000)}f`,
  }))
  const forest = await add(t, xz(tarball([PKGINFO, ...deep.map(({ pax }) => ({ path: 'x', pax }))])))
  t.equal(forest.result, HOSTILE, forest.message)
  t.match(forest.message, /one more than 200000 entries/)
})

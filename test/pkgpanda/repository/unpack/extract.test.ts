/** Unpacking trusts nothing: every hostile archive is built here, byte by byte where tar(1) would not write it. */
import { execFileSync } from 'node:child_process'
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { addPackage, idOfTarball } from '../../../../pkgpanda/repository/add-package.ts'
import { planEntry } from '../../../../pkgpanda/repository/unpack/extract-entry.ts'
import { names, scratchDirectory, snapshot } from '../../node-fixture.ts'
import { noTmpfs } from '../../small-tmpfs.ts'
import { add, FINAL, HOSTILE, ID, type Member, PKGINFO, tarball, UNREADABLE, xz } from './tarball-fixture.ts'

const members: { what: string; given: Member[]; pkginfo?: string; result: string; says?: RegExp }[] = [
  {
    what: 'an absolute member',
    given: [{ path: '/etc/passwd' }],
    result: HOSTILE,
    says: /"\/etc\/passwd" is absolute/,
  },
  { what: 'a member above', given: [{ path: '../evil' }], result: HOSTILE, says: /leads out/ },
  { what: 'a member above, hidden', given: [{ path: './a/b/../../../evil' }], result: HOSTILE },
  { what: 'a directory above', given: [{ path: '../evil/', type: 'Directory' }], result: HOSTILE },
  {
    what: 'a link to an absolute path',
    given: [{ path: 'l', type: 'SymbolicLink', linkpath: '/etc/shadow' }],
    result: HOSTILE,
    says: /to \/etc\/shadow/,
  },
  { what: 'a link above', given: [{ path: 'a/l', type: 'SymbolicLink', linkpath: '../../x' }], result: HOSTILE },
  {
    what: 'a link out by way of another',
    given: [
      { path: 'd/e/up', type: 'SymbolicLink', linkpath: '../..' },
      { path: 'l', type: 'SymbolicLink', linkpath: 'd/e/up/../x' },
    ],
    result: HOSTILE,
  },
  {
    what: 'a file written through a link',
    given: [
      { path: 'd', type: 'SymbolicLink', linkpath: 'real' },
      { path: 'real', type: 'Directory', mode: 0o755 },
      { path: 'd/file', content: 'x' },
    ],
    result: HOSTILE,
    says: /twice/,
  },
  {
    what: 'a hard link to an absolute path',
    given: [{ path: 'l', type: 'Link', linkpath: '/etc/shadow' }],
    result: HOSTILE,
  },
  { what: 'a hard link above', given: [{ path: 'l', type: 'Link', linkpath: '../../etc/shadow' }], result: HOSTILE },
  {
    what: 'a hard link to a link',
    given: [
      { path: 's', type: 'SymbolicLink', linkpath: 'x' },
      { path: 'l', type: 'Link', linkpath: 's' },
    ],
    result: HOSTILE,
    says: /no file before it/,
  },
  {
    what: 'a character device',
    given: [{ path: 'null', type: 'CharacterDevice' }],
    result: HOSTILE,
    says: /CharacterDevice/,
  },
  { what: 'a block device', given: [{ path: 'sda', type: 'BlockDevice' }], result: HOSTILE },
  { what: 'a fifo', given: [{ path: 'pipe', type: 'FIFO' }], result: HOSTILE },
  { what: 'a setuid file', given: [{ path: 'su', mode: 0o4755 }], result: HOSTILE, says: /setuid/ },
  { what: 'a setgid file', given: [{ path: 'sg', mode: 0o2755 }], result: HOSTILE },
  { what: 'a name with a newline', given: [{ path: 'a\nb' }], result: HOSTILE },
  {
    what: 'one name twice',
    given: [
      { path: 'a', content: '1' },
      { path: './a', content: '2' },
    ],
    result: HOSTILE,
    says: /twice/,
  },
  { what: 'a file in place of a directory', given: [{ path: 'a', content: '1' }, { path: 'a/b' }], result: HOSTILE },
  {
    what: 'a link in place of the package',
    given: [{ path: './', type: 'SymbolicLink', linkpath: 'x' }],
    result: HOSTILE,
  },
  {
    what: 'a hard link to itself',
    given: [{ path: 'l', type: 'Link', linkpath: 'l' }],
    result: HOSTILE,
  },
  {
    what: 'a hard link to a directory',
    given: [
      { path: 'd/', type: 'Directory' },
      { path: 'l', type: 'Link', linkpath: 'd' },
    ],
    result: HOSTILE,
  },
  {
    what: 'a hard link in place of a file',
    given: [{ path: 'a' }, { path: 'b' }, { path: 'b', type: 'Link', linkpath: 'a' }],
    result: HOSTILE,
    says: /twice/,
  },
  { what: 'a link to nothing', given: [{ path: 'l', type: 'SymbolicLink', linkpath: '' }], result: UNREADABLE },
  {
    what: 'a link that turns back',
    given: [{ path: 'l', type: 'SymbolicLink', linkpath: 'a/../../x' }],
    result: HOSTILE,
  },
  {
    what: 'a link into a package whose name begins alike',
    given: [{ path: 'l', type: 'SymbolicLink', linkpath: `${FINAL}0/x` }],
    result: HOSTILE,
  },
  {
    what: 'a link to the own package and back out',
    given: [{ path: 'l', type: 'SymbolicLink', linkpath: `${FINAL}/../other--1` }],
    result: HOSTILE,
  },
  {
    what: 'a file written through a link that comes after it',
    given: [
      { path: 'd/file', content: 'x' },
      { path: 'd', type: 'SymbolicLink', linkpath: 'real' },
    ],
    result: HOSTILE,
    says: /twice/,
  },
  {
    what: 'one link twice',
    given: [
      { path: 'l', type: 'SymbolicLink', linkpath: 'a' },
      { path: 'l', type: 'SymbolicLink', linkpath: 'b' },
    ],
    result: HOSTILE,
    says: /twice/,
  },
  {
    what: 'a zero byte in a pax name, which ends it as for GNU tar',
    given: [{ path: 'a', pax: 'path=a\0b' }],
    result: 'added',
  },
  {
    what: 'a member above in pax form',
    given: [{ path: 'a', pax: 'path=../evil' }],
    result: HOSTILE,
    says: /leads out/,
  },
  {
    what: 'an absolute link in pax form',
    given: [{ path: 'l', type: 'SymbolicLink', linkpath: 'a', pax: 'linkpath=/etc/shadow' }],
    result: HOSTILE,
  },
  {
    what: 'a sparse file in pax form',
    given: [{ path: 'a', pax: 'GNU.sparse.major=1', content: '1\n0\n1\n' }],
    result: HOSTILE,
    says: /sparse/,
  },
  {
    what: 'a directory twice',
    given: [
      { path: 'd/', type: 'Directory' },
      { path: 'd/', type: 'Directory' },
    ],
    result: 'added',
  },
  {
    what: 'a pkginfo.json with unknown keys',
    given: [{ path: 'x', content: '' }],
    pkginfo: '{"colour":"red"}',
    result: 'added',
  },
  {
    what: 'a file that claims more than there is',
    given: [{ path: 'big', content: 'x', size: 1_000_000 }],
    result: UNREADABLE,
  },
  { what: 'names that differ in case only', given: [{ path: 'a' }, { path: 'A' }], result: 'added' },
  {
    what: 'links within the package',
    given: [
      { path: 'lib/a' },
      { path: 'bin/l', type: 'SymbolicLink', linkpath: '../lib/a' },
      { path: 'own', type: 'SymbolicLink', linkpath: `${FINAL}/lib` },
    ],
    result: 'added',
  },
  {
    what: 'a hard link within the package',
    given: [
      { path: 'a', content: '1' },
      { path: 'b', type: 'Link', linkpath: './a' },
    ],
    result: 'added',
  },
]

for (const { what, given, pkginfo = '{}', result, says } of members) {
  t.test(`a tarball with ${what}: ${result}`, async t => {
    const found = await add(t, xz(tarball([{ ...PKGINFO, content: pkginfo }, ...given])))
    t.equal(found.result, result)
    if (says) t.match(found.message, says)
  })
}

t.test('files that are no tarball, or not a whole one', async t => {
  const whole = xz(tarball([PKGINFO, { path: 'data', content: 'abcdefgh'.repeat(100_000) }]))
  const flipped = Buffer.from(whole)
  flipped[Math.floor(flipped.length / 2)]! ^= 0x10
  const cases: { what: string; bytes: Buffer; result: string }[] = [
    { what: 'whole', bytes: whole, result: 'added' },
    { what: 'empty', bytes: Buffer.alloc(0), result: UNREADABLE },
    { what: 'not xz', bytes: Buffer.from('hello'.repeat(1_000)), result: UNREADABLE },
    { what: 'cut off', bytes: whole.subarray(0, whole.length / 2), result: UNREADABLE },
    { what: 'one bit flipped', bytes: flipped, result: UNREADABLE },
    {
      what: 'xz of an archive that is cut off',
      bytes: xz(tarball([PKGINFO, { path: 'x', content: 'y'.repeat(5_000) }]).subarray(0, 3_000)),
      result: UNREADABLE,
    },
    { what: 'xz of noise', bytes: xz(Buffer.alloc(4_096, 'noise ')), result: UNREADABLE },
    { what: 'compressed twice', bytes: xz(gzipSync(tarball([PKGINFO]))), result: HOSTILE },
    {
      what: 'several xz streams one after the other',
      bytes: Buffer.concat([xz(tarball([PKGINFO]).subarray(0, 512)), xz(tarball([PKGINFO]).subarray(512))]),
      result: 'added',
    },
    { what: 'without pkginfo.json', bytes: xz(tarball([{ path: 'a' }])), result: 'PKGPANDA_PKGINFO_UNREADABLE' },
    {
      what: 'pkginfo.json is not JSON',
      bytes: xz(tarball([{ path: 'pkginfo.json', content: '{' }])),
      result: 'PKGPANDA_PKGINFO_UNREADABLE',
    },
    {
      what: 'pkginfo.json is a list',
      bytes: xz(tarball([{ path: 'pkginfo.json', content: '[]' }])),
      result: 'PKGPANDA_PKGINFO_UNREADABLE',
    },
    {
      what: 'another package inside',
      bytes: xz(tarball([PKGINFO, { path: 'buildinfo.full.json', content: '{"package_version":"2"}' }])),
      result: 'PKGPANDA_PACKAGE_TREE_UNREADABLE',
    },
  ]
  for (const { what, bytes, result } of cases) t.equal((await add(t, bytes)).result, result, what)
})

t.test('what is unpacked is what GNU tar packed, but owned by whoever unpacks', async t => {
  const source = join(scratchDirectory(t), 'source')
  mkdirSync(join(source, 'bin/deep'), { recursive: true })
  mkdirSync(join(source, 'empty'))
  const long = 'n'.repeat(180)
  writeFileSync(join(source, 'pkginfo.json'), '{}')
  writeFileSync(join(source, 'bin/deep', long), 'a long name', { mode: 0o755 })
  writeFileSync(join(source, 'bin/ünïcode'), 'x'.repeat(70_000), { mode: 0o600 })
  linkSync(join(source, 'pkginfo.json'), join(source, 'bin/hard'))
  execFileSync('ln', ['-s', `deep/${long}`, join(source, 'bin/soft')])
  for (const format of ['gnu', 'pax']) {
    const packed = execFileSync(
      'tar',
      ['--create', `--format=${format}`, '--owner=1000', '--group=1000', '--directory', source, '.'],
      { maxBuffer: 1 << 26 },
    )
    const { result, message, repository } = await add(t, xz(packed))
    t.equal(result, 'added', `${format} ${message}`)
    const unpacked = join(repository, ID)
    t.strictSame(snapshot(unpacked), snapshot(source), format)
    for (const path of ['pkginfo.json', `bin/deep/${long}`, 'bin/ünïcode', 'bin', 'empty']) {
      t.equal(statSync(join(unpacked, path)).mode, statSync(join(source, path)).mode, path)
      t.equal(lstatSync(join(unpacked, path)).uid, process.getuid?.(), path)
    }
    t.equal(readlinkSync(join(unpacked, 'bin/soft')), `deep/${long}`)
    t.equal(
      Math.floor(statSync(join(unpacked, 'pkginfo.json')).mtimeMs / 1000),
      Math.floor(statSync(join(source, 'pkginfo.json')).mtimeMs / 1000),
    )
  }
})

t.test('an archive that unpacks to more than is allowed is refused by its own word', async t => {
  const directory = scratchDirectory(t)
  const sparse = join(directory, 'giant')
  writeFileSync(sparse, '')
  truncateSync(sparse, 100 * 1024 * 1024)
  // 83 streams of 100 MiB of zeros each are 1.3 MB.
  const stream = execFileSync('sh', ['-c', `xz --stdout -0 < '${sparse}'`], { maxBuffer: 1 << 26 })
  const { result, message } = await add(t, Buffer.concat(Array.from({ length: 83 }, () => stream)))
  t.equal(result, HOSTILE)
  t.match(message, /unpacks to more than/)
})

t.test('a full disk while unpacking: a refusal before, or nothing left', { skip: noTmpfs() }, async t => {
  const directory = scratchDirectory(t)
  const small = join(directory, 'small')
  mkdirSync(small)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=6m,nr_inodes=200', 'tmpfs', small], { stdio: 'ignore' })
  t.teardown(() => execFileSync('umount', [small]))
  const large = join(directory, `${ID}.tar.xz`)
  writeFileSync(large, xz(tarball([PKGINFO, { path: 'data', content: 'x'.repeat(20_000_000) }])))
  await t.rejects(addPackage(join(small, 'packages'), ID, large, 'random'), { code: 'PKGPANDA_NO_SPACE' }, 'bytes')
  t.strictSame(names(join(small, 'packages')), [])
  writeFileSync(large, xz(tarball([PKGINFO, ...Array.from({ length: 300 }, (_, index) => ({ path: `f${index}` }))])))
  await t.rejects(addPackage(join(small, 'packages'), ID, large, 'random'), { code: 'PKGPANDA_NO_SPACE' }, 'inodes')
  t.strictSame(readdirSync(join(small, 'packages')), [])
})

t.test('names of tarballs', async t => {
  t.equal(idOfTarball('/tmp/mesos--0.22.0.tar.xz'), 'mesos--0.22.0')
  for (const name of ['mesos--1.tar.gz', 'mesos.tar.xz', '.tar.xz'])
    t.throws(() => idOfTarball(name), { code: /^PKGPANDA_/ }, name)
})

t.test('planEntry: what becomes of a head', async t => {
  t.equal(planEntry({ path: './', type: 'Directory' }, 'x', FINAL), undefined)
  t.strictSame(planEntry({ path: './a//b/', type: 'Directory', mode: 0o2755 }, 'x', FINAL), {
    kind: 'directory',
    path: 'a/b',
    mode: 0o755,
  })
  t.strictSame(planEntry({ path: 'a', type: 'OldFile', mode: 0o644 }, 'x', FINAL), {
    kind: 'file',
    path: 'a',
    mode: 0o644,
  })
  t.throws(() => planEntry({ path: 'a/'.repeat(2_000), type: 'Directory' }, 'x', FINAL), { code: HOSTILE })
  t.throws(() => planEntry({ path: 'n'.repeat(256), type: 'File' }, 'x', FINAL), { code: HOSTILE })
  t.throws(() => planEntry({ path: 'a', type: 'SymbolicLink', linkpath: `${FINAL}-evil/x` }, 'x', FINAL), {
    code: HOSTILE,
  })
})

t.test('a package that is there already is left alone', async t => {
  const { repository, outside } = await add(t, xz(tarball([PKGINFO])))
  const file = join(outside, `${ID}.tar.xz`)
  writeFileSync(file, 'no tarball at all')
  await addPackage(repository, ID, file, 'random')
  t.equal(readFileSync(join(repository, ID, 'pkginfo.json'), 'utf8'), '{}')
  t.ok(existsSync(file))
})

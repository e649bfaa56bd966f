/** Atomic writes, on a small tmpfs that is full too, and paths that stay in their root. */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { writeFileAtomic } from '../../../src/shared/fs/atomic-write.ts'
import { confinedPath, confinedRealPath } from '../../../src/shared/fs/confined-path.ts'

const ROOT_ONLY = process.getuid?.() === 0 ? false : 'needs root to mount a small file system'

function scratch(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'shared-fs-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  return directory
}
const modeOf = (path: string) => statSync(path).mode & 0o7777

t.test('fact 56, a new file, its mode whatever the umask', async t => {
  const directory = scratch(t)
  const path = join(directory, 'a')
  const umask = process.umask(0o077)
  t.teardown(() => process.umask(umask))
  await writeFileAtomic(path, 'one')
  t.equal(readFileSync(path, 'utf8'), 'one')
  t.equal(modeOf(path), 0o644)
  await writeFileAtomic(join(directory, 'b'), Buffer.from([0, 255]), { mode: 0o600, volatile: true })
  t.same([...readFileSync(join(directory, 'b'))], [0, 255])
  t.equal(modeOf(join(directory, 'b')), 0o600)
  t.same(readdirSync(directory), ['a', 'b'])
})

t.test('fact 56, an old file keeps its mode, unless another is asked for', async t => {
  const path = join(scratch(t), 'a')
  writeFileSync(path, 'old')
  chmodSync(path, 0o640)
  await writeFileAtomic(path, 'new')
  t.equal(modeOf(path), 0o640)
  await writeFileAtomic(path, 'newer', { mode: 0o644 })
  t.equal(modeOf(path), 0o644)
})

t.test('what cannot be written leaves everything as it was', async t => {
  const directory = scratch(t)
  await t.rejects(writeFileAtomic(join(directory, 'none', 'a'), 'x'), { code: 'ENOENT' })
  mkdirSync(join(directory, 'sub'))
  writeFileSync(join(directory, 'sub', 'kept'), 'x')
  await t.rejects(writeFileAtomic(join(directory, 'sub'), 'x'), { code: 'EISDIR' })
  t.same(readdirSync(directory), ['sub'])
})

t.test('a full disk: ENOSPC, the old file whole, no temporary file', { skip: ROOT_ONLY }, async t => {
  const directory = scratch(t)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'none', directory])
  // Before scratch() removes the directory: teardowns run last in, first out.
  t.teardown(() => void execFileSync('umount', [directory]))
  const path = join(directory, 'a')
  writeFileSync(path, 'old')
  await t.rejects(writeFileAtomic(path, Buffer.alloc(64 * 1024)), { code: 'ENOSPC' })
  t.equal(readFileSync(path, 'utf8'), 'old')
  t.same(readdirSync(directory), ['a'])
})

t.test('confinedPath: by text alone', async t => {
  for (const [path, joined] of [
    ['a/b', '/root/a/b'],
    ['./a//b/', '/root/a/b/'],
    ['a/../b', '/root/b'],
    ['..a', '/root/..a'],
    ['', '/root'],
  ] as const) {
    t.equal(confinedPath('/root', path), joined, `'${path}'`)
  }
  for (const path of ['..', '../x', 'a/../../x', '/etc/passwd', 'a\0b', './..']) {
    t.throws(() => confinedPath('/root', path), { code: 'PATH_OUTSIDE_ROOT', status: 403 }, JSON.stringify(path))
  }
})

t.test('confinedRealPath: links that lead out are refused, links within are followed', async t => {
  const directory = scratch(t)
  const root = join(directory, 'root')
  mkdirSync(root)
  mkdirSync(join(directory, 'root-too'))
  writeFileSync(join(root, 'file'), '')
  symlinkSync('file', join(root, 'within'))
  symlinkSync('/etc', join(root, 'etc'))
  symlinkSync('../root-too', join(root, 'sibling'))
  symlinkSync('loop', join(root, 'loop'))
  t.equal(await confinedRealPath(root, 'within'), join(root, 'file'))
  t.equal(await confinedRealPath(root, '.'), root)
  t.equal(await confinedRealPath('/', root.slice(1)), root, 'a root that ends in a slash')
  await t.rejects(confinedRealPath(root, 'etc/hostname'), { code: 'PATH_OUTSIDE_ROOT' })
  await t.rejects(confinedRealPath(root, 'sibling'), { code: 'PATH_OUTSIDE_ROOT' }, 'a name that begins like the root')
  await t.rejects(confinedRealPath(root, 'none'), { code: 'ENOENT' })
  await t.rejects(confinedRealPath(root, 'loop'), { code: 'ELOOP' })
})

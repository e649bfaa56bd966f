/**
 * Two builds from two clones, in two folders, one after the other, each with an empty cache: byte by byte the same
 * repository. Takes some minutes, most of them to compress the runtime twice.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import t from 'tap'

const PROJECT = resolve(import.meta.dirname, '../..')
const TIMEOUT_MS = 20 * 60_000

/** Clones the project at `commit`, with the installed packages as they are, and builds with `umask`. */
function build(folder: string, commit: string, umask: string): string {
  const clone = join(folder, 'clone')
  execFileSync('git', ['clone', '--quiet', '--no-checkout', PROJECT, clone])
  execFileSync('git', ['-C', clone, 'checkout', '--quiet', '--detach', commit])
  // Copied, not linked: a bundler that resolved links would find the same files in the same place twice.
  execFileSync('cp', ['--archive', '--reflink=auto', join(PROJECT, 'node_modules'), join(clone, 'node_modules')])
  // Newer than the lock, or node.sh would install again.
  execFileSync('touch', [join(clone, 'node_modules/.package-lock.json')])
  const result = spawnSync('sh', ['-c', `umask ${umask}; exec sh test/node.sh pkgpanda/build/main.ts`], {
    cwd: clone,
    encoding: 'utf8',
    env: { ...process.env, DCOS_NODE_CACHE: join(folder, 'cache') },
  })
  if (result.status !== 0) throw new Error(`the build ended with ${result.status}: ${result.stderr}`)
  return join(clone, 'build')
}

t.test('two clones give the same repository', { timeout: TIMEOUT_MS }, async t => {
  const base = mkdtempSync(join(tmpdir(), 'dcos-reproducible-'))
  t.teardown(() => rmSync(base, { recursive: true }))
  // Named once: somebody may commit while the first clone builds.
  const commit = execFileSync('git', ['-C', PROJECT, 'rev-parse', 'HEAD'], { encoding: 'utf8' }).trim()
  const first = build(join(base, 'one'), commit, '022')
  const second = build(join(base, 'another', 'much', 'deeper'), commit, '077')
  for (const folder of ['repository', 'programs']) {
    const diff = spawnSync('diff', ['--recursive', '--brief', join(first, folder), join(second, folder)], {
      encoding: 'utf8',
    })
    t.equal(diff.stdout, '', `${folder}: no file differs`)
  }
  const { files } = JSON.parse(readFileSync(join(first, 'repository/index.json'), 'utf8'))
  t.ok(Object.keys(files).some(path => path.startsWith('packages/nodejs/')))
  t.ok(Object.keys(files).some(path => path.startsWith('bootstrap/')))
})

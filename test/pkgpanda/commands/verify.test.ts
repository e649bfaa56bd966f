/** Manifests, and `pkgpanda verify` and `fetch --force`, which live by them. */
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { formatDifference } from '../../../pkgpanda/commands/verify.ts'
import {
  formatManifest,
  loadManifest,
  type Manifest,
  manifestPath,
  parseManifest,
} from '../../../pkgpanda/package/manifest.ts'
import { differenceOf } from '../../../pkgpanda/package/verify-package.ts'
import { tarballPath } from '../../../pkgpanda/store/store-layout.ts'
import {
  HASHED,
  makeNode,
  type NodeFixture,
  names,
  PACKAGES,
  scratchDirectory,
  snapshot,
  type Tree,
  writeTree,
} from '../node-fixture.ts'

const ID = 'mesos--0.22.0'
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

/** A file:// store of the fixtures' packages with its index. */
function makeStore(t: Test, packages: Record<string, Tree> = PACKAGES): string {
  const store = scratchDirectory(t)
  const files: Record<string, { sha256: string; sizeBytes: number }> = {}
  for (const [id, tree] of Object.entries(packages)) {
    const source = join(store, 'source', id)
    writeTree(source, tree)
    const file = join(store, tarballPath(id))
    mkdirSync(join(file, '..'), { recursive: true })
    execFileSync('tar', ['--create', '--xz', '--file', file, '--directory', source, '.'])
    const bytes = readFileSync(file)
    files[tarballPath(id)] = { sha256: createHash('sha256').update(bytes).digest('hex'), sizeBytes: bytes.length }
  }
  writeFileSync(join(store, 'index.json'), JSON.stringify({ version: 1, files }))
  return `--repository-url=file://${store}`
}

async function fetched(t: Test): Promise<{ node: NodeFixture; store: string; at: (path: string) => string }> {
  const node = makeNode(t, { packages: {} })
  const tree = { ...PACKAGES[ID], 'bin/link': { link: 'mesos' }, 'bin/tool': { content: 'x', mode: 0o755 } }
  const store = makeStore(t, { [ID]: tree })
  t.equal((await node.run('fetch', store, ID)).status, 0)
  return { node, store, at: path => join(node.paths.repository, ID, path) }
}

t.test(
  'a manifest tells kind, mode, size, digest and target of every entry, and nothing of it is in the package',
  async t => {
    const { node, at } = await fetched(t)
    const manifest = loadManifest(node.paths.repository, ID)
    t.strictSame(manifest?.get('lib/libmesos.so'), { type: 'file', mode: 0o644, sizeBytes: 3, sha256: sha256('elf') })
    t.strictSame(manifest?.get('bin/tool'), { type: 'file', mode: 0o755, sizeBytes: 1, sha256: sha256('x') })
    t.strictSame(manifest?.get('bin/link'), { type: 'link', target: 'mesos' })
    t.strictSame(manifest?.get('bin'), { type: 'directory', mode: 0o755 })
    t.strictSame([...(manifest?.keys() ?? [])].sort(), Object.keys(snapshot(at(''))).sort())
    t.strictSame(await node.run('list'), { status: 0, out: `${ID}\n`, err: '' }, 'no manifest is taken for a package')
  },
)

const changes: { what: string; change: (at: (path: string) => string) => void; says: string[] }[] = [
  { what: 'nothing', change: () => {}, says: [] },
  {
    what: 'other contents of the same size',
    change: at => writeFileSync(at('lib/libmesos.so'), 'ELF'),
    says: ['changed lib/libmesos.so (the contents differ)'],
  },
  {
    what: 'another size',
    change: at => writeFileSync(at('lib/libmesos.so'), ''),
    says: ['changed lib/libmesos.so (3 bytes expected, 0 found)'],
  },
  {
    what: 'another mode, a setuid bit',
    change: at => chmodSync(at('bin/tool'), 0o4755),
    says: ['changed bin/tool (mode 755 expected, 4755 found)'],
  },
  { what: 'a file gone', change: at => rmSync(at('bin/tool')), says: ['missing bin/tool'] },
  {
    what: 'a directory gone',
    change: at => rmSync(at('lib'), { recursive: true }),
    says: ['missing lib', 'missing lib/libmesos.so'],
  },
  {
    what: 'a directory added: one line, however much is in it',
    change: at => writeTree(at('bin/.cache'), { a: '', 'b/c': '' }),
    says: ['extra bin/.cache'],
  },
  {
    what: 'a link that leads elsewhere',
    change: at => {
      rmSync(at('bin/link'))
      symlinkSync('/etc/shadow', at('bin/link'))
    },
    says: ['changed bin/link (target mesos expected, /etc/shadow found)'],
  },
  {
    what: 'a fifo in place of a file, which nobody waits for',
    change: at => {
      rmSync(at('bin/tool'))
      execFileSync('mkfifo', [at('bin/tool')])
    },
    says: ['changed bin/tool (file expected, a fifo found)'],
  },
  {
    what: 'a name that would forge a line',
    change: at => writeFileSync(at('bin/x\nmesos--1: fine'), ''),
    says: ['extra "bin/x\\nmesos--1: fine"'],
  },
]

for (const { what, change, says } of changes) {
  t.test(`verify: ${what}`, async t => {
    const { node, store, at } = await fetched(t)
    change(at)
    const { status, out, err } = await node.run('verify', ID)
    if (says.length === 0)
      t.strictSame({ status, out, err }, { status: 0, out: `${ID}: 16 entries, all as unpacked\n`, err: '' })
    else {
      t.equal(out, says.map(line => `${ID}: ${line}\n`).join(''))
      t.match({ status, err }, { status: 1, err: /^ERROR: .*PKGPANDA_PACKAGES_DIFFER/ })
    }
    const again = await node.run('fetch', '--force', store, ID)
    t.strictSame(again, { status: 0, out: `\rFetching: ${ID}\rFetched: ${ID}\n`, err: '' }, 'fetch --force')
    t.equal((await node.run('verify', ID)).status, 0, 'mends it')
    t.strictSame(names(node.paths.repository), ['.manifests', ID], 'nothing else is left')
  })
}

t.test(
  'verify of the active set: packages without a manifest are told, and no failure unless they were named',
  async t => {
    const node = makeNode(t)
    t.equal((await node.run('activate', ID, HASHED)).status, 0)
    t.strictSame(await node.run('verify'), {
      status: 0,
      out: `${ID}: has no manifest, cannot be verified\n${HASHED}: has no manifest, cannot be verified\n`,
      err: '',
    })
    t.match(await node.run('verify', ID), { status: 1, err: /PKGPANDA_PACKAGE_UNVERIFIABLE/ })
    t.match(await node.run('verify', 'nothing--1'), { status: 1, err: /^Package Error: / })
    t.match(await node.run('verify', '../x--1'), { status: 1, err: /^Validation Error: / })

    const store = makeStore(t)
    t.equal((await node.run('fetch', '--force', store, ID, HASHED)).status, 0, 'an active one may be mended too')
    t.match(await node.run('verify'), {
      status: 0,
      out: /^mesos--0\.22\.0: 14 entries, all as unpacked\nmesos-config--/,
    })
    t.equal(readFileSync(join(node.paths.root, 'bin/mesos'), 'utf8'), '#!/bin/sh\n', 'the links lead into the new tree')
  },
)

t.test('a failed fetch --force leaves the package that was there, and its manifest', async t => {
  const { node, store, at } = await fetched(t)
  writeFileSync(at('lib/libmesos.so'), 'damaged')
  const file = join(store.slice('--repository-url=file://'.length), tarballPath(ID))
  const before = readFileSync(manifestPath(node.paths.repository, ID), 'utf8')
  writeFileSync(file, 'x')
  t.match(await node.run('fetch', '--force', store, ID), { status: 1, err: /PKGPANDA_DIGEST_DIFFERS/ })
  t.equal(readFileSync(at('lib/libmesos.so'), 'utf8'), 'damaged')
  t.equal(readFileSync(manifestPath(node.paths.repository, ID), 'utf8'), before)
})

t.test('remove drops the manifest', async t => {
  const node = makeNode(t)
  t.equal((await node.run('activate', HASHED, ID)).status, 0)
  t.equal((await node.run('fetch', makeStore(t), '--force', 'mesos--0.23.0')).status, 0)
  t.ok(existsSync(manifestPath(node.paths.repository, 'mesos--0.23.0')))
  t.equal((await node.run('remove', 'mesos--0.23.0')).status, 0)
  t.notOk(existsSync(manifestPath(node.paths.repository, 'mesos--0.23.0')))
})

t.test('manifests as text: there and back, sorted; and what is none', async t => {
  const manifest: Manifest = new Map([
    ['b', { type: 'link', target: 'a' }],
    ['__proto__', { type: 'directory', mode: 0o755 }],
    ['a', { type: 'file', mode: 0o4, sizeBytes: 0, sha256: sha256('') }],
  ])
  const text = formatManifest('x--1', manifest)
  t.strictSame(parseManifest(text, 'x--1', 'm'), new Map([...manifest].sort(([a], [b]) => (a < b ? -1 : 1))))
  t.equal(text, formatManifest('x--1', new Map([...manifest].reverse())), 'the order of unpacking does not matter')
  for (const wrong of [
    '',
    'null',
    text.replace('"version":1', '"version":2'),
    text.replace('x--1', 'y--1'),
    text.replace('"0755"', '"rwx"'),
    text.replace('"link"', '"door"'),
    text.replace('"target":"a"', '"target":1'),
    '{"version":1,"id":"x--1"}',
  ]) {
    t.throws(() => parseManifest(wrong, 'x--1', 'm'), { code: 'PKGPANDA_MANIFEST_MALFORMED' }, wrong)
  }
})

t.test('differences in words', async t => {
  const file = { type: 'file', mode: 0o644, sizeBytes: 1, sha256: 'a' } as const
  t.equal(differenceOf(file, file), undefined)
  t.equal(differenceOf(file, { type: 'link', target: 'x' }), 'file expected, link found')
  t.equal(differenceOf(file, { type: 'unfit', what: 'unreadable (EIO)' }), 'file expected, unreadable (EIO) found')
  t.equal(
    differenceOf(file, { ...file, sha256: 'b', mode: 0o600 }),
    'the contents differ, mode 644 expected, 600 found',
  )
  t.equal(formatDifference({ kind: 'missing', path: 'a b', why: '' }), 'missing "a b"')
})

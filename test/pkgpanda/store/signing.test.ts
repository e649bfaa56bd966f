/** Signed indexes: what a node trusts, what it refuses, and how a repository is signed, in a rotation too (docs/signing.md). */
import { execFileSync } from 'node:child_process'
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { openRepository } from '../../../pkgpanda/build/repository.ts'
import {
  formatSignatures,
  keyIdOf,
  parseSignatures,
  signatureTrouble,
  signIndex,
} from '../../../pkgpanda/store/index-signature.ts'
import { loadSigningKey, loadTrustedKeys, parsePublicKey } from '../../../pkgpanda/store/signing-keys.ts'
import { tarballPath } from '../../../pkgpanda/store/store-layout.ts'
import { makeNode, names, PACKAGES, scratchDirectory, type Tree, writeTree } from '../node-fixture.ts'

const ID = 'mesos--0.22.0'
const A = generateKeyPairSync('ed25519')
const B = generateKeyPairSync('ed25519')
const INDEX = Buffer.from('{"version":1,"files":{}}\n')
const pem = (key: KeyObject) =>
  key.export({ type: key.type === 'private' ? 'pkcs8' : 'spki', format: 'pem' }).toString()

t.test('signatures as text', async t => {
  const text = formatSignatures([signIndex(INDEX, A.privateKey), signIndex(INDEX, B.privateKey)])
  t.match(text, /^ed25519 [0-9a-f]{16} [A-Za-z0-9+/]{86}==\ned25519 /)
  t.equal(formatSignatures(parseSignatures(text)), text)
  t.equal(parseSignatures(`minisign RWQ\n\n${text}garbage`).length, 2, 'lines of other forms are passed over')
  t.equal(parseSignatures(text.repeat(1_000)).length, 64, 'no more than anybody needs')
  t.equal(keyIdOf(A.privateKey), keyIdOf(A.publicKey), 'either half gives the id')
})

t.test('which signatures are enough', async t => {
  const a = formatSignatures([signIndex(INDEX, A.privateKey)])
  const b = formatSignatures([signIndex(INDEX, B.privateKey)])
  const forged = a.replace(keyIdOf(A.publicKey), keyIdOf(B.publicKey))
  const cases: { what: string; text: string; keys: KeyObject[]; trouble?: RegExp; index?: Buffer }[] = [
    { what: 'by the one trusted', text: a, keys: [A.publicKey] },
    { what: 'by one of two trusted', text: b, keys: [A.publicKey, B.publicKey] },
    { what: 'by the old and the new key, only the new one trusted', text: a + b, keys: [B.publicKey] },
    { what: 'by another', text: a, keys: [B.publicKey], trouble: /signed by [0-9a-f]{16}, trusted are/ },
    { what: 'of other bytes', text: a, keys: [A.publicKey], index: Buffer.from('{}'), trouble: /does not fit/ },
    { what: 'under the id of another', text: forged, keys: [A.publicKey, B.publicKey], trouble: /does not fit/ },
    { what: 'none', text: '', keys: [A.publicKey], trouble: /holds no ed25519 signature/ },
    {
      what: 'a wrong one and then a right one by the same key',
      text: formatSignatures([signIndex(Buffer.from('old'), A.privateKey)]) + a,
      keys: [A.publicKey],
    },
  ]
  for (const { what, text, keys, trouble, index = INDEX } of cases) {
    const found = signatureTrouble(index, text, keys)
    if (trouble) t.match(found, trouble, what)
    else t.equal(found, undefined, what)
  }
})

t.test('trusted keys: every *.pem, and what is no key to trust', async t => {
  const config = scratchDirectory(t)
  t.strictSame(loadTrustedKeys(config), [], 'no directory, no keys')
  const directory = join(config, 'trusted-keys')
  mkdirSync(directory)
  writeFileSync(join(directory, 'a.pem'), pem(A.publicKey))
  writeFileSync(join(directory, 'README'), 'not a key')
  t.strictSame(loadTrustedKeys(config).map(keyIdOf), [keyIdOf(A.publicKey)])
  const refused: { what: string; text?: string; mode?: number; says: RegExp }[] = [
    { what: 'a private key', text: pem(B.privateKey), says: /private key/ },
    {
      what: 'an RSA key',
      text: pem(generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey),
      says: /rsa, not ed25519/,
    },
    { what: 'no key', text: 'hello', says: /cannot be used/ },
    { what: 'a giant', text: 'x'.repeat(20_000), says: /not a small file/ },
    { what: 'one that the group may write', text: pem(B.publicKey), mode: 0o664, says: /others may write/ },
    { what: 'one that all may write', text: pem(B.publicKey), mode: 0o646, says: /others may write/ },
  ]
  for (const { what, text = '', mode = 0o644, says } of refused) {
    writeFileSync(join(directory, 'b.pem'), text)
    chmodSync(join(directory, 'b.pem'), mode)
    t.throws(() => loadTrustedKeys(config), { code: 'PKGPANDA_KEY_UNUSABLE', message: says }, what)
    t.throws(() => loadTrustedKeys(config), { message: /b\.pem/ }, `${what}: the file is named`)
    rmSync(join(directory, 'b.pem'))
  }
  if (process.getuid?.() === 0) {
    for (const path of [join(directory, 'a.pem'), directory]) {
      chownSync(path, 54_321, 0)
      t.throws(
        () => loadTrustedKeys(config),
        { code: 'PKGPANDA_KEY_UNUSABLE', message: /others may write/ },
        'its owner',
      )
      chownSync(path, 0, 0)
    }
  }
  execFileSync('mkfifo', [join(directory, 'b.pem')])
  t.throws(() => loadTrustedKeys(config), { code: 'PKGPANDA_KEY_UNUSABLE' }, 'a fifo, without waiting for it')
  rmSync(join(directory, 'b.pem'))
  chmodSync(directory, 0o777)
  t.throws(
    () => loadTrustedKeys(config),
    { code: 'PKGPANDA_KEY_UNUSABLE', message: /others may write/ },
    'the directory',
  )
})

t.test('a key made by the commands of docs/signing.md', async t => {
  const directory = scratchDirectory(t)
  const page = readFileSync(join(import.meta.dirname, '../../../docs/signing.md'), 'utf8')
  const commands = [...page.matchAll(/^ {4}(umask|openssl)( .*)$/gm)].map(([line]) => line.trim())
  t.ok(commands.length >= 3)
  execFileSync('sh', ['-ec', commands.join('\n')], { cwd: directory, stdio: 'ignore' })
  const key = loadSigningKey(join(directory, 'repository-key.pem'))
  t.equal(keyIdOf(key), keyIdOf(parsePublicKey(readFileSync(join(directory, 'repository-key.pub.pem'), 'utf8'))))
  chmodSync(join(directory, 'repository-key.pem'), 0o640)
  t.throws(() => loadSigningKey(join(directory, 'repository-key.pem')), { message: /others may read/ })
  t.throws(() => loadSigningKey(join(directory, 'nothing')), { code: 'PKGPANDA_KEY_UNUSABLE' })
})

/** A file:// repository of one package, written as `npm run build` does. */
async function makeRepository(t: Test, keys: readonly KeyObject[]): Promise<string> {
  const directory = scratchDirectory(t)
  const source = join(directory, 'source')
  writeTree(source, PACKAGES[ID] as Tree)
  const tarball = execFileSync('tar', ['--create', '--xz', '--directory', source, '.'])
  await using repository = await openRepository(join(directory, 'repository'), undefined, { keys, report: () => {} })
  await repository.put(tarballPath(ID), tarball)
  await repository.commit()
  return repository.directory
}

t.test('fetch on a node with and without trusted keys', async t => {
  const signed = await makeRepository(t, [A.privateKey])
  const unsigned = await makeRepository(t, [])
  const other = await makeRepository(t, [B.privateKey])
  const bare = await makeRepository(t, [])
  rmSync(join(bare, 'index.json'))
  const tampered = await makeRepository(t, [A.privateKey])
  writeFileSync(
    join(tampered, 'index.json'),
    readFileSync(join(tampered, 'index.json'), 'utf8').replace('"version":1', '"version": 1'),
  )

  const warned = /^file:.*index\.json is not signed by a trusted key \(.*\); going on, as --allow-unsigned asks\.\n$/
  const refused = /^ERROR: .*PKGPANDA_INDEX_UNSIGNED/
  const cases: { what: string; from: string; trust: boolean; argv?: string[]; status: number; err: RegExp | string }[] =
    [
      { what: 'no key: digests are enough', from: unsigned, trust: false, status: 0, err: '' },
      { what: 'no key: signatures are not looked at', from: other, trust: false, status: 0, err: '' },
      { what: 'signed by the trusted key', from: signed, trust: true, status: 0, err: '' },
      { what: 'not signed', from: unsigned, trust: true, status: 1, err: refused },
      { what: 'signed by another', from: other, trust: true, status: 1, err: refused },
      { what: 'changed after it was signed', from: tampered, trust: true, status: 1, err: refused },
      {
        what: 'not signed, but allowed',
        from: unsigned,
        trust: true,
        argv: ['--allow-unsigned'],
        status: 0,
        err: warned,
      },
      { what: 'allowed, but signed', from: signed, trust: true, argv: ['--allow-unsigned'], status: 0, err: '' },
      { what: 'no index', from: bare, trust: true, status: 1, err: /PKGPANDA_INDEX_MISSING/ },
      {
        what: 'no index, --allow-unverified alone',
        from: bare,
        trust: true,
        argv: ['--allow-unverified'],
        status: 1,
        err: refused,
      },
      {
        what: 'no index, --allow-unsigned alone',
        from: bare,
        trust: true,
        argv: ['--allow-unsigned'],
        status: 1,
        err: /PKGPANDA_INDEX_MISSING/,
      },
      {
        what: 'no index, both',
        from: bare,
        trust: true,
        argv: ['--allow-unsigned', '--allow-unverified'],
        status: 0,
        err: warned,
      },
    ]
  for (const { what, from, trust, argv = [], status, err } of cases) {
    const node = makeNode(t, { packages: {} })
    if (trust) writeTree(join(node.paths.configDirectory, 'trusted-keys'), { 'a.pem': pem(A.publicKey) })
    const found = await node.run('fetch', `--repository-url=file://${from}`, ...argv, ID)
    t.match(found, { status, err }, what)
    t.equal(existsSync(join(node.paths.repository, ID)), status === 0, what)
    if (status !== 0) t.strictSame(names(node.paths.repository), [], `${what}: nothing is left`)
  }
})

t.test('writing a repository: signed, again, in a rotation, and no stale signature', async t => {
  const directory = join(scratchDirectory(t), 'repository')
  const said: string[] = []
  const write = async (keys: readonly KeyObject[], content: string) => {
    await using repository = await openRepository(directory, undefined, { keys, report: line => said.push(line) })
    await repository.put('file', content)
    await repository.commit()
  }
  const index = () => readFileSync(join(directory, 'index.json'))
  const signatures = () => readFileSync(join(directory, 'index.json.sig'), 'utf8')
  const trusted = (...keys: KeyObject[]) =>
    signatureTrouble(
      index(),
      signatures(),
      keys.map(key => createPublicKey(pem(key))),
    ) === undefined

  await write([A.privateKey], '1')
  t.ok(trusted(A.publicKey))
  t.equal(parseSignatures(signatures()).length, 1)
  const first = index()
  await write([A.privateKey], '2')
  t.ok(trusted(A.publicKey))
  t.equal(
    signatureTrouble(first, signatures(), [A.publicKey]),
    undefined,
    'a node that just read the old index finds it signed',
  )
  await write([A.privateKey], '3')
  t.equal(parseSignatures(signatures()).length, 2, 'only the last one is kept')
  await write([A.privateKey, B.privateKey], '4')
  t.ok(trusted(A.publicKey) && trusted(B.publicKey), 'a rotation: both')
  await write([B.privateKey], '5')
  t.ok(trusted(B.publicKey) && !trusted(A.publicKey))
  await write([], '5')
  t.ok(trusted(B.publicKey), 'nothing changed: the signature still fits')
  t.strictSame(said, [])
  await write([], '6')
  t.notOk(existsSync(join(directory, 'index.json.sig')))
  t.match(said, [/index\.json\.sig removed/])
})

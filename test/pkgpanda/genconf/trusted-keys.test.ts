/** The way of a public key from config.yaml to /etc/mesosphere/trusted-keys (docs/signing.md). */
import { execFileSync } from 'node:child_process'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { installScript } from '../../../pkgpanda/genconf/install/install-script.ts'
import { readTrustedKeys } from '../../../pkgpanda/genconf/trusted-keys.ts'
import { keyIdOf } from '../../../pkgpanda/store/index-signature.ts'
import { loadTrustedKeys } from '../../../pkgpanda/store/signing-keys.ts'
import { scratchDirectory } from '../node-fixture.ts'

const NAME = 'repository_trusted_keys'
const A = generateKeyPairSync('ed25519')
const B = generateKeyPairSync('ed25519')
const pem = (key: KeyObject) => key.export({ type: 'spki', format: 'pem' }).toString()

t.test('keys by file or as text become PEM texts; what is none is a problem of the key', async t => {
  const directory = scratchDirectory(t)
  const config = join(directory, 'config.yaml')
  writeFileSync(join(directory, 'a.pem'), pem(A.publicKey))
  writeFileSync(join(directory, 'private.pem'), A.privateKey.export({ type: 'pkcs8', format: 'pem' }))
  t.strictSame(await readTrustedKeys({}, config), { values: {}, problems: {} })
  t.strictSame(await readTrustedKeys({ [NAME]: JSON.stringify(['a.pem', pem(B.publicKey)]) }, config), {
    values: { [NAME]: JSON.stringify([pem(A.publicKey), pem(B.publicKey)]) },
    problems: {},
  })
  for (const [item, says] of [
    ['nothing.pem', /The key nothing\.pem cannot be used: ENOENT/],
    ['private.pem', /private key/],
    ['-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----\n', /^A key cannot be used/],
  ] as const) {
    t.match((await readTrustedKeys({ [NAME]: JSON.stringify([item]) }, config)).problems[NAME], says)
  }
})

t.test('dcos_install.sh writes them where pkgpanda looks, and takes away those of an earlier run', async t => {
  const config = scratchDirectory(t)
  const run = (keys: readonly KeyObject[]) => {
    const script = installScript({
      repositoryUrl: 'http://x',
      bootstrap: { id: 'c'.repeat(40), sha256: '0'.repeat(64) },
      clusterPackages: '[]\n',
      downloadDirectory: 'opt',
      trustedKeys: keys.map(pem),
    })
    const write = script.slice(script.indexOf('write() {'), script.indexOf('mkdir -p "$config/roles"'))
    const part = script.slice(
      script.indexOf('rm -f "$config"/trusted-keys'),
      script.indexOf('write "$config/download-bootstrap.sh"'),
    )
    execFileSync('sh', ['-euc', `umask 022\nconfig='${config}'\n${write}\n${part}`])
  }
  run([])
  t.strictSame(readdirSync(config), [], 'no key, no directory')
  run([A.publicKey, B.publicKey])
  t.strictSame(loadTrustedKeys(config).map(keyIdOf).sort(), [A, B].map(({ publicKey }) => keyIdOf(publicKey)).sort())
  writeFileSync(join(config, 'trusted-keys/by-hand.pem'), pem(A.publicKey))
  run([B.publicKey])
  t.strictSame(readdirSync(join(config, 'trusted-keys')).sort(), [`${keyIdOf(B.publicKey)}.pem`, 'by-hand.pem'].sort())
  t.equal(readFileSync(join(config, 'trusted-keys', `${keyIdOf(B.publicKey)}.pem`), 'utf8'), pem(B.publicKey))
})

/** What a first boot reads: setup flags and late packages (pkgpanda 5.3, 5.4); facts of the whole are in cli.test.ts. */
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadManifest } from '../../../pkgpanda/package/manifest.ts'
import { loadSetupFlags } from '../../../pkgpanda/setup/flags.ts'
import { addLatePackage, isRenderingOf, renderedId, renderLatePackage } from '../../../pkgpanda/setup/late-package.ts'
import { names, scratchDirectory, writeTree } from '../node-fixture.ts'

t.test('flags', async t => {
  const directory = scratchDirectory(t)
  t.strictSame(loadSetupFlags(directory), { clusterPackages: [], repositoryUrls: [] }, 'none at all')
  writeTree(join(directory, 'setup-flags'), {
    'repository-url': 'http://x/\n\n https://y \n',
    'cluster-packages.json': '["a--1"]',
    'active.json': '["b--1"]',
    'late-config.yaml': 'late_bound_package_id: c--setup\nbound_values: {n: 1, s: text}\n',
  })
  t.strictSame(loadSetupFlags(directory), {
    clusterPackages: ['a--1'],
    repositoryUrls: ['http://x/', 'https://y'],
    active: ['b--1'],
    late: { packageId: 'c--setup', values: { n: '1', s: 'text' } },
  })
  for (const [file, text] of [
    ['cluster-packages.json', '{'],
    ['cluster-packages.json', '{}'],
    ['cluster-packages.json', '["a"]'],
    ['active.json', '[1]'],
    ['late-config.yaml', 'late_bound_package_id: c--1\n'],
    ['late-config.yaml', '[unclosed'],
    ['late-config.yaml', 'bound_values: {}\n'],
  ] as const) {
    const wrong = scratchDirectory(t)
    writeTree(join(wrong, 'setup-flags'), { [file]: text })
    t.throws(
      () => loadSetupFlags(wrong),
      { code: 'PKGPANDA_FLAG_MALFORMED', message: new RegExp(file) },
      `${file}: ${text}`,
    )
  }
})

t.test('fact 55, late packages', async t => {
  const bound = (name: string) => `LATE_BIND_PLACEHOLDER_START_${name}_LATE_BIND_PLACEHOLDER_END`
  const yaml = (content: string, rest = '') => `package:\n- path: /etc/x\n  content: '${content}'\n${rest}`
  t.strictSame(
    renderLatePackage(yaml(`a ${bound('v')} b ${bound('v')}`, '  permissions: "0600"\n'), 'p--setup', { v: '1' }),
    [{ path: 'etc/x', content: 'a 1 b 1', mode: 0o600 }],
  )
  for (const text of [
    yaml(bound('unknown')),
    yaml(bound('toString')),
    yaml('LATE_BIND_PLACEHOLDER_START_v'),
    yaml('v_LATE_BIND_PLACEHOLDER_END'),
    yaml(`LATE_BIND_PLACEHOLDER_START_${bound('v')}`),
    yaml('x', '  permissions: 0644\n'),
    yaml('x', '  owner: root\n'),
    'package:\n- path: /../x\n  content: y\n',
    'package:\n- content: y\n',
    'package: x\n',
    '[',
  ]) {
    t.throws(() => renderLatePackage(text, 'p--setup', { v: '1' }), { code: 'PKGPANDA_LATE_PACKAGE_MALFORMED' }, text)
  }

  const repository = join(scratchDirectory(t), 'packages')
  mkdirSync(repository)
  await addLatePackage(repository, 'p--setup', [{ path: 'etc/x', content: 'y', mode: 0o600 }], 'random')
  t.equal(statSync(join(repository, 'p--setup/etc/x')).mode & 0o777, 0o600)
  t.equal(readFileSync(join(repository, 'p--setup/pkginfo.json'), 'utf8'), '{}\n')
  writeFileSync(join(repository, 'p--setup/kept'), '')
  await addLatePackage(repository, 'p--setup', [{ path: 'z', content: 'y', mode: 0o600 }], 'random')
  t.strictSame(names(join(repository, 'p--setup')), ['etc', 'kept', 'pkginfo.json'], 'what is there stays')
  t.strictSame(
    [...(loadManifest(repository, 'p--setup') ?? [])].map(([path, entry]) => `${path} ${entry.type}`),
    ['etc directory', 'etc/x file', 'pkginfo.json file'],
  )
  await t.rejects(addLatePackage(repository, 'q--setup', [{ path: '../z', content: 'y', mode: 0o600 }], 'random'))
  t.strictSame(names(repository), ['.manifests', 'p--setup'], 'nothing half is left')

  const files = renderLatePackage(yaml(bound('v')), 'p--setup', { v: '1' })
  const id = renderedId('p', files)
  t.match(id, /^p--setup_[0-9a-f]{16}$/)
  t.equal(renderedId('p', files.toReversed()), id)
  for (const [what, other] of [
    ['a value', renderLatePackage(yaml(bound('v')), 'p--setup', { v: '2' })],
    ['the template', renderLatePackage(yaml(`${bound('v')}!`), 'p--setup', { v: '1' })],
    ['a mode', renderLatePackage(yaml(bound('v'), '  permissions: "0600"\n'), 'p--setup', { v: '1' })],
  ] as const) {
    t.not(renderedId('p', other), id, `${what} changed: another id`)
  }
  t.strictSame(
    [id, 'p--setup', 'p--1', 'pp--setup', 'p--setup_1'].map(each => isRenderingOf(each, 'p--setup')),
    [true, true, false, false, false],
  )
})

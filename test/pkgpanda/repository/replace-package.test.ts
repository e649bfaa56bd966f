/** `fetch --force`: another tree under the id of a package, and what a crash at each point of the exchange leaves. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openDisk } from '../../../pkgpanda/disk/disk.ts'
import { setupScript } from '../../../pkgpanda/genconf/install/setup-script.ts'
import { healReplacement, healReplacements, replacePackage } from '../../../pkgpanda/repository/replace-package.ts'
import { removePackages, sweepRepository } from '../../../pkgpanda/repository/repository.ts'
import { names, scratchDirectory } from '../node-fixture.ts'

const ID = 'a-b--1'
const OLD = ID
const REPLACING = `.replacing-${ID}`
const REPLACED = `.replaced-${ID}`

type Names = Record<string, string>

/** A repository whose directories hold one file `is` with the given text. */
function repositoryOf(t: Parameters<typeof scratchDirectory>[0], trees: Names): string {
  const repository = join(scratchDirectory(t), 'packages')
  mkdirSync(repository)
  for (const [name, text] of Object.entries(trees)) {
    mkdirSync(join(repository, name))
    writeFileSync(join(repository, name, 'is'), text)
  }
  return repository
}

function contents(repository: string): Names {
  return Object.fromEntries(names(repository).map(name => [name, readFileSync(join(repository, name, 'is'), 'utf8')]))
}

t.test('the new tree takes the place of the old one', async t => {
  const repository = repositoryOf(t, { [OLD]: 'old', '.tmp-x': 'new' })
  await replacePackage(repository, ID, join(repository, '.tmp-x'))
  t.strictSame(contents(repository), { [ID]: 'new' })
})

/** Every state that a crash can leave, in the order of the steps. */
const crashes: { what: string; left: Names; healed: Names }[] = [
  { what: 'before the first rename', left: { [OLD]: 'old' }, healed: { [ID]: 'old' } },
  { what: 'when the new tree has its name', left: { [OLD]: 'old', [REPLACING]: 'new' }, healed: { [ID]: 'old' } },
  { what: 'between the two renames', left: { [REPLACING]: 'new', [REPLACED]: 'old' }, healed: { [ID]: 'new' } },
  { what: 'before the old tree was removed', left: { [ID]: 'new', [REPLACED]: 'half' }, healed: { [ID]: 'new' } },
  { what: 'when all was done', left: { [ID]: 'new' }, healed: { [ID]: 'new' } },
  { what: 'by hands: the new tree is gone', left: { [REPLACED]: 'old' }, healed: { [ID]: 'old' } },
]

for (const { what, left, healed } of crashes) {
  t.test(`killed ${what}`, async t => {
    for (const heal of [(repository: string) => healReplacement(repository, ID), healReplacements, sweepRepository]) {
      const repository = repositoryOf(t, left)
      heal(repository)
      t.strictSame(contents(repository), healed, heal.name)
      heal(repository)
      t.strictSame(contents(repository), healed, 'again')
    }
    const repository = repositoryOf(t, left)
    // The shell of dcos-setup.service, up to where it looks for pkgpanda; it needs a package, not a tidy directory.
    const script = setupScript().replace('root=/opt/mesosphere', `root='${join(repository, '..')}'`)
    execFileSync('sh', ['-c', script.slice(0, script.indexOf('if [ ! -e "$root/install_progress"'))])
    t.equal(contents(repository)[ID], healed[ID], 'dcos-setup brings a package back, so that pkgpanda can run')
    sweepRepository(repository)
    t.strictSame(contents(repository), healed, 'and pkgpanda does the rest')
  })
}

t.test('a package that was removed does not come back from what an exchange left', async t => {
  const repository = repositoryOf(t, { [ID]: 'new', [REPLACED]: 'half' })
  removePackages(openDisk(), repository, [ID], () => 'x')
  sweepRepository(repository)
  t.strictSame(contents(repository), {})
})

t.test('a repository without packages, or none', async t => {
  const repository = repositoryOf(t, {})
  healReplacements(repository)
  t.strictSame(contents(repository), {})
  renameSync(repository, `${repository}.gone`)
  healReplacements(repository)
  t.notOk(existsSync(repository), 'and none is made')
})

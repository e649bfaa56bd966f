/** Dependencies: each with a reason, pinned, used, and where it belongs; the lock names no server. */
import t from 'tap'
import { DEVELOPMENT, IDLE, NOT_IMPORTED, SHIPPED } from './dependency-list.ts'
import { importsOf, packageOf } from './import-rule.ts'
import { projectFiles, readProjectFile } from './project-files.ts'

interface PackageJson {
  version: string
  dependencies: Record<string, string>
  devDependencies: Record<string, string>
}

const manifest: PackageJson = JSON.parse(readProjectFile('package.json'))

/** `1.2.3`, or `npm:<name>@1.2.3` for a fork under the name of its original. */
const PINNED = /^(npm:(@[\w-]+\/)?[\w-]+@)?\d+\.\d+\.\d+$/

t.test('what counts as pinned, and as a package', async t => {
  for (const version of ['1.2.3', '24.21.0', 'npm:@jellybrick/dbus-next@0.11.3']) t.match(version, PINNED)
  for (const version of ['^1.2.3', '~1.2.3', '1.x', 'latest', '*', '', 'github:a/b', 'npm:a@^1.0.0']) {
    t.notMatch(version, PINNED, `'${version}' may change by itself`)
  }
  t.equal(packageOf('typebox/value'), 'typebox')
  t.equal(packageOf('@napi-rs/lzma'), '@napi-rs/lzma')
  t.equal(packageOf('node:fs'), undefined)
  t.equal(packageOf('./tar.ts'), undefined)
})

t.test('package.json and the list of reasons agree', async t => {
  t.strictSame(Object.keys(manifest.dependencies).sort(), Object.keys(SHIPPED).sort())
  t.strictSame(Object.keys(manifest.devDependencies).sort(), Object.keys(DEVELOPMENT).sort())
  for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
    t.match(version, PINNED, `${name} is pinned`)
  }
  for (const [name, reason] of Object.entries({ ...SHIPPED, ...DEVELOPMENT })) {
    t.ok(reason.length > 10, `${name} has a reason`)
  }
})

t.test('what is imported is declared, what is declared is used', async t => {
  const byProduct = packagesOf(projectFiles('src/**/*.ts', 'pkgpanda/**/*.ts'))
  const byTests = packagesOf(projectFiles('test/**/*.ts'))
  // esbuild makes the bundles on the build machine and is in none of them.
  const undeclared = [...byProduct].filter(([name]) => !(name in manifest.dependencies) && name !== 'esbuild')
  t.strictSame(undeclared, [], 'the product imports only what package.json has as a dependency')
  t.strictSame(byProduct.get('esbuild')?.filter(path => !path.startsWith('pkgpanda/build/')) ?? [], [])
  t.strictSame(
    [...byTests].filter(([name]) => !(name in manifest.dependencies) && !(name in manifest.devDependencies)),
    [],
    'tests import only what package.json has',
  )
  const unused = Object.keys(manifest.dependencies).filter(name => !byProduct.has(name))
  t.strictSame(unused, Object.keys(IDLE), 'no dependency is there for nothing')
  const imported = new Set([...byProduct.keys(), ...byTests.keys()])
  const idle = Object.keys(manifest.devDependencies).filter(name => !imported.has(name) && !(name in NOT_IMPORTED))
  t.strictSame(idle, [], 'nor one for development')
  const named = Object.keys(NOT_IMPORTED).filter(name => imported.has(name))
  t.strictSame(named, [], 'what is said not to be imported is not')
})

t.test('the lock belongs to package.json and to no server', async t => {
  const text = readProjectFile('package-lock.json')
  t.notMatch(text, /^\s*"resolved":/m, 'install with the .npmrc of this folder, which leaves addresses out')
  const lock: { version: string; packages: Record<string, Partial<PackageJson>> } = JSON.parse(text)
  t.equal(lock.version, manifest.version)
  t.strictSame(lock.packages['']?.dependencies, manifest.dependencies)
  t.strictSame(lock.packages['']?.devDependencies, manifest.devDependencies)
})

/** Package → the files that import it. */
function packagesOf(paths: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>()
  for (const path of paths) {
    for (const { specifier } of importsOf(readProjectFile(path))) {
      const name = packageOf(specifier)
      if (name !== undefined) found.set(name, [...(found.get(name) ?? []), path])
    }
  }
  return found
}

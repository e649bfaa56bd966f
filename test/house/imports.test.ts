/** Imports by layer, no circles, no barrels; and that the rule itself would notice. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { findCycles, importsOf, importTrouble, LAYERS, nameTrouble, resolveImport, textTrouble } from './import-rule.ts'
import { projectFiles, ROOT, readProjectFile } from './project-files.ts'

const product = projectFiles('src/**/*.ts', 'pkgpanda/**/*.ts')
const all = [...product, ...projectFiles('test/**/*.ts')]

t.test('the rule on imports', async t => {
  const cases: readonly { from: string; specifier: string; trouble?: RegExp }[] = [
    { from: 'src/log/main.ts', specifier: './routes.ts' },
    { from: 'src/log/main.ts', specifier: '../shared/mesos/leader.ts' },
    { from: 'src/log/main.ts', specifier: 'node:fs' },
    { from: 'src/log/main.ts', specifier: '../metrics/store.ts', trouble: /what operators see/ },
    { from: 'src/log/main.ts', specifier: '../../pkgpanda/cli.ts', trouble: /what operators see/ },
    { from: 'src/log/main.ts', specifier: '../../test/support/clock.ts', trouble: /needs no test/ },
    { from: 'src/log/main.ts', specifier: '../shared/time/clock', trouble: /extension/ },
    { from: 'src/log/main.ts', specifier: 'tap', trouble: /tests only/ },
    { from: 'src/log/main.ts', specifier: '../../build/x.ts', trouble: /no folder of the product/ },
    { from: 'pkgpanda/build/main.ts', specifier: '../package-id.ts' },
    { from: 'pkgpanda/main.ts', specifier: '../src/shared/time/clock.ts' },
    { from: 'pkgpanda/main.ts', specifier: '../src/log/main.ts', trouble: /what operators see/ },
    { from: 'pkgpanda/main.ts', specifier: '../src/shared/mesos/leader.ts', trouble: /before there is a cluster/ },
    { from: 'src/shared/http/server.ts', specifier: '../log/journald.ts' },
    { from: 'src/shared/http/server.ts', specifier: '../systemd/listen-fds.ts' },
    { from: 'src/shared/lifecycle/daemon.ts', specifier: '../version.ts' },
    { from: 'src/shared/log/journald.ts', specifier: '../http/server.ts', trouble: /base may not import kit/ },
    { from: 'src/shared/http/client.ts', specifier: '../mesos/leader.ts', trouble: /kit may not import cluster/ },
    { from: 'src/shared/http/client.ts', specifier: '../../log/main.ts', trouble: /knows no program/ },
    { from: 'src/shared/things/a.ts', specifier: './b.ts', trouble: /in no layer/ },
    { from: 'src/shared/http/a.ts', specifier: '../things/b.ts', trouble: /in no layer/ },
    { from: 'test/log/x.test.ts', specifier: '../../src/log/main.ts' },
    { from: 'test/log/x.test.ts', specifier: '../support/clock.ts' },
    { from: 'test/log/x.test.ts', specifier: '../../src/metrics/main.ts', trouble: /tests log/ },
    { from: 'test/shared/http/x.test.ts', specifier: '../../../src/log/routes.ts', trouble: /tests shared/ },
    { from: 'test/systemd/x.test.ts', specifier: '../../src/log/main.ts' },
  ]
  for (const { from, specifier, trouble } of cases) {
    const found = importTrouble(from, specifier)
    if (trouble) t.match(found, trouble, `${from} imports ${specifier}`)
    else t.equal(found, undefined, `${from} imports ${specifier}`)
  }
})

t.test('what counts as an import', async t => {
  // Lines of their own, so that none of them is an import of this file.
  const source = [
    "/** import x from 'comment' */",
    "import a from 'a'",
    "import type { B } from './b.ts'",
    "import {\n  c,\n} from './c.ts'",
    "import './effect.ts'",
    "export { d } from './d.ts'",
    "// import e from 'line comment'",
    "export const text = 'from here'",
    'const f = await load(() => import' + "('./f.ts'))",
    "  import g from 'indented template'",
  ].join('\n')
  t.strictSame(importsOf(source), [
    { specifier: 'a', typeOnly: false },
    { specifier: './b.ts', typeOnly: true },
    { specifier: './c.ts', typeOnly: false },
    { specifier: './d.ts', typeOnly: false },
    { specifier: './effect.ts', typeOnly: false },
    { specifier: './f.ts', typeOnly: false },
  ])
})

t.test('circles, names and texts that would be noticed', async t => {
  const graph = new Map([
    ['a', ['b']],
    ['b', ['c', 'd']],
    ['c', ['a']],
    ['d', []],
  ])
  t.strictSame(findCycles(graph), [['a', 'b', 'c', 'a']])
  t.strictSame(
    findCycles(
      new Map([
        ['a', ['b', 'c']],
        ['b', ['c']],
        ['c', []],
      ]),
    ),
    [],
    'two ways to one file are none',
  )
  for (const path of [
    'src/log/utils.ts',
    'src/common/a.ts',
    'src/log/index.ts',
    'src/log/someFile.ts',
    'test/lib/a.ts',
  ]) {
    t.type(nameTrouble(path), 'string', path)
  }
  for (const path of ['src/log/v1/range.ts', 'test/log/config.test.ts', 'src/shared/metrics/prom-client-parts.d.ts']) {
    t.equal(nameTrouble(path), undefined, path)
  }
  t.match(textTrouble('src/a/b.ts', 'export default 1\n'), /default export/)
  t.match(textTrouble('src/a/b.ts', "export * from './c.ts'\n"), /re-exports/)
  t.match(textTrouble('src/a/b.ts', 'const home = process.env.HOME\n'), /process\.env/)
  t.equal(textTrouble('src/a/main.ts', 'const home = process.env.HOME\n'), undefined)
  t.equal(textTrouble('src/a/b.ts', '// process.env is not read here\n'), undefined)
  t.equal(textTrouble('src/a/b.ts', "define: { 'process.env.NODE_ENV': '1' }\n"), undefined, 'a name for the bundler')
})

t.test('the layers are those of ARCHITECTURE.md, and every topic is in one', async t => {
  const rows = [...readProjectFile('docs/ARCHITECTURE.md').matchAll(/^\| \w+ \| `src\/shared\/\{([\w,]+)\}`/gm)]
  t.strictSame(
    rows.map(([, topics]) => topics!.split(',').sort()),
    LAYERS.map(topics => [...topics].sort()),
  )
  const topics = new Set(projectFiles('src/shared/*/**').map(path => path.split('/')[2]!))
  t.strictSame(
    [...topics].filter(topic => !LAYERS.flat().includes(topic)),
    [],
  )
})

t.test('every file of the product keeps the rules', async t => {
  t.ok(product.length > 100, `${product.length} files were found`)
  const troubles: string[] = []
  const graph = new Map<string, string[]>()
  for (const path of all) {
    const source = readProjectFile(path)
    const imports = importsOf(source)
    for (const { specifier } of imports) troubles.push(importTrouble(path, specifier) ?? '')
    troubles.push(nameTrouble(path) ?? '')
    if (!path.startsWith('test/')) troubles.push(textTrouble(path, source) ?? '')
    const targets = imports.flatMap(({ specifier }) => resolveImport(path, specifier) ?? [])
    for (const target of targets)
      if (!existsSync(join(ROOT, target))) troubles.push(`${path} imports ${target}: no such file`)
    const atRunTime = imports.filter(({ typeOnly }) => !typeOnly)
    graph.set(
      path,
      atRunTime.flatMap(({ specifier }) => resolveImport(path, specifier) ?? []),
    )
  }
  t.strictSame(troubles.filter(Boolean), [])
  t.strictSame(findCycles(graph), [], 'no circles; types leave none, they are gone at run time')
})

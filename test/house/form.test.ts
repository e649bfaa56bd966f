/** Form of the tree: decisions, lengths, head comments, version, words, commands in documents. */
import t from 'tap'
import { VERSION } from '../../src/shared/version.ts'
import {
  decisionTroubles,
  hasHeadComment,
  LINES_MAX,
  lineCount,
  namedScripts,
  strangeWords,
  temporaryPaths,
} from './form-rule.ts'
import { projectFiles, ROOT, readProjectFile } from './project-files.ts'

/** Files above the limit, each with its reason. Tests are tables and may be long. */
const LONG_FILES: Readonly<Record<string, string>> = {
  'pkgpanda/errors.ts': 'a table: every fault of pkgpanda',
}

const DECISION = '# 0001 A title\n\nDate: 2026-01-01\n\n## Context\nx\n## Decision\nx\n## Consequences\nx\n'

t.test('forms that would be noticed', async t => {
  const path = 'docs/decisions/0001-a-title.md'
  t.strictSame(decisionTroubles(path, DECISION), [])
  const cases: readonly [what: string, path: string, text: string, trouble: RegExp][] = [
    ['no number', 'docs/decisions/a-title.md', DECISION, /not NNNN-title/],
    ['another number', path, DECISION.replace('0001', '0002'), /begin with # 0001/],
    ['no date', path, DECISION.replace('Date: ', ''), /no line Date/],
    ['no consequences', path, DECISION.replace('## Consequences', ''), /no section Consequences/],
    ['too long', path, DECISION + 'x\n'.repeat(40), /lines, at most 40/],
  ]
  for (const [what, path, text, trouble] of cases) t.match(decisionTroubles(path, text), [trouble], what)

  t.ok(hasHeadComment("/** What this file is for, in words. */\nimport 'a'\n"))
  t.ok(hasHeadComment('#!/usr/bin/env node\n/**\n * What this file is for, in words.\n */\n'))
  for (const source of [
    "import 'a'\n/** What this file is for. */\n",
    '/** a.ts */\n',
    '// What this file is for.\n',
    '',
  ]) {
    t.notOk(hasHeadComment(source), JSON.stringify(source))
  }
  t.equal(lineCount('a\nb\n'), 2)

  t.strictSame(strangeWords('at /srv/x/copy/src/log now', '/srv/x/copy'), ['1: /srv/x/copy'])
  t.strictSame(strangeWords('at /srv/x/copy-2', '/srv/x/copy'), [])
  t.strictSame(strangeWords('import /src/log', '/src'), [], 'a checkout at the top level says nothing')
  for (const text of [
    'see /ho' + 'me/jane/notes',
    'TO' + 'DO: later',
    'https://nex' + 'us.example.com/',
    'AI ass' + 'istant',
  ]) {
    t.equal(strangeWords(`fine\n${text}`, '/srv/x').length, 1, text)
  }
  t.strictSame(strangeWords('Mesos agents, a session of ZooKeeper, /run/dcos', '/srv/x'), [])

  t.strictSame(temporaryPaths("const a = '/tmp/a' // why\n"), ['/tmp/a'])
  t.strictSame(temporaryPaths("/** `/tmp/a` is refused */\n// '/tmp/b'\nconst a = join(tmpdir(), 'a')\n"), [])
  t.strictSame(namedScripts('npm test, `npm run test:long -- x`, npm run golden; npm install'), [
    'golden',
    'test',
    'test:long',
  ])
})

t.test('decision records', async t => {
  const records = projectFiles('docs/decisions/*')
  t.strictSame(
    records.flatMap(path => decisionTroubles(path, readProjectFile(path))),
    [],
  )
  const numbers = records.map(path => path.split('/').at(-1)!.slice(0, 4))
  t.equal(new Set(numbers).size, numbers.length, 'each number stands once')
})

t.test('source files', async t => {
  const sources = projectFiles('src/**/*.ts', 'pkgpanda/**/*.ts')
  t.strictSame(
    sources.filter(path => !hasHeadComment(readProjectFile(path))),
    [],
    'begin with a comment',
  )
  const helpers = projectFiles('test/**/*.ts').filter(path => !path.endsWith('.test.ts'))
  const long = [...sources, ...helpers].filter(path => lineCount(readProjectFile(path)) > LINES_MAX)
  t.strictSame(
    long.filter(path => !(path in LONG_FILES)),
    [],
    `are at most ${LINES_MAX} lines long, or say why`,
  )
  t.strictSame(
    Object.keys(LONG_FILES).filter(path => !long.includes(path)),
    [],
    'and say it only then',
  )
  const temporary = sources.flatMap(path => temporaryPaths(readProjectFile(path)).map(found => `${path}: ${found}`))
  t.strictSame(temporary, [], 'name no fixed path for temporary files')
})

t.test('one version', async t => {
  t.equal(VERSION, JSON.parse(readProjectFile('package.json')).version, 'version.ts is that of package.json')
  t.match(readProjectFile('docs/CHANGELOG.md'), VERSION, 'and the changelog has it')
})

t.test('words', async t => {
  // Recorded data is what it was, and the lock is npm's.
  const files = projectFiles('**/*', '.*').filter(path => !/^test\/(fixtures|golden)\/|^package-lock\.json$/.test(path))
  t.ok(files.length > 300, `${files.length} files were read`)
  const found = files.flatMap(path => strangeWords(readProjectFile(path), ROOT).map(words => `${path}:${words}`))
  t.strictSame(found, [])
})

t.test('commands that documents name exist', async t => {
  const { scripts } = JSON.parse(readProjectFile('package.json'))
  for (const path of ['README.md', ...projectFiles('docs/*.md', 'pkgpanda/**/*.md', 'src/**/*.md', 'test/**/*.md')]) {
    t.strictSame(
      namedScripts(readProjectFile(path)).filter(name => !(name in scripts)),
      [],
      path,
    )
  }
})

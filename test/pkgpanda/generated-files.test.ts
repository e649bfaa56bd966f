/**
 * What is written about the command line, beside its tables: the files of packages/pkgpanda/extra, which `npm run golden` writes, and
 * the tables of the README, which people do.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { formatBashCompletion } from '../../pkgpanda/command-line/completion/bash.ts'
import { formatFishCompletion } from '../../pkgpanda/command-line/completion/fish.ts'
import { formatZshCompletion } from '../../pkgpanda/command-line/completion/zsh.ts'
import { formatManualPage, text } from '../../pkgpanda/command-line/manual-page.ts'
import { COMMANDS } from '../../pkgpanda/command-table.ts'
import { OPTIONS, type OptionDefinition } from '../../pkgpanda/options.ts'
import { VERSION } from '../../src/shared/version.ts'
import { ROOT, readProjectFile } from '../house/project-files.ts'
import { parseReadme } from '../house/readme-rule.ts'
import { missing } from './command-line/shell-candidates.ts'

const EXTRA = 'packages/pkgpanda/extra'
const TABLES = { commands: COMMANDS, options: OPTIONS, version: VERSION }

for (const { name, content } of [
  { name: 'pkgpanda.bash', content: formatBashCompletion(TABLES) },
  { name: '_pkgpanda', content: formatZshCompletion(TABLES) },
  { name: 'pkgpanda.fish', content: formatFishCompletion(TABLES) },
  { name: 'pkgpanda.8', content: formatManualPage(TABLES) },
]) {
  t.test(`${EXTRA}/${name} is what npm run golden writes`, async t => {
    if (process.env.GOLDEN) writeFileSync(join(ROOT, EXTRA, name), content)
    t.equal(readProjectFile(`${EXTRA}/${name}`), content)
  })
}

t.test('pkgpanda/README.md has every command and every option, with its value and its mark, and no other', async t => {
  const { sections } = parseReadme(readProjectFile('pkgpanda/README.md'))
  const spelled = (form: string, added = false) => (added ? `${form} +` : form)
  t.strictSame(
    firstCells(sections.get('Commands')).sort(),
    COMMANDS.map(({ name, words, added }) =>
      spelled(`${name} ${words.replaceAll(/[<>]/g, '').toUpperCase()}`.trim(), added),
    ).sort(),
  )
  const options: readonly OptionDefinition[] = OPTIONS
  t.strictSame(
    firstCells(sections.get('Configuration'))
      .filter(cell => cell.startsWith('--'))
      .sort(),
    options
      .map(({ name, value, added }) => spelled(value === undefined ? name : `${name} ${value.toUpperCase()}`, added))
      .sort(),
  )
  for (const { name, commands } of options) {
    if (commands === undefined) continue
    const row = sections
      .get('Configuration')
      ?.split('\n')
      .find(line => new RegExp(`^\\| \`${name}[ \`]`).test(line))
    const [, , named = ''] = row?.split('|') ?? []
    t.strictSame(
      named.trim().split(', ').sort(),
      commands.map(command => `\`${command}\``).sort(),
      `commands of ${name}`,
    )
  }
})

/** `a`, `b` + → a, b +: what stands in the first column of the tables. */
function firstCells(section = ''): string[] {
  return section
    .split('\n')
    .filter(line => line.startsWith('| `'))
    .flatMap(line => [...(line.split(' | ')[0] ?? '').matchAll(/`([^`]+)`( \+)?/g)])
    .map(([, form = '', mark = '']) => form + mark)
}

t.test('the completions are scripts of their shells', async t => {
  for (const [shell, file, ...more] of [
    ['bash', 'pkgpanda.bash'],
    // As sh on hosts where that is bash.
    ['bash', 'pkgpanda.bash', '--posix'],
    ['zsh', '_pkgpanda'],
    ['fish', 'pkgpanda.fish'],
  ] as const) {
    const name = [shell, ...more].join(' ')
    t.test(name, { skip: missing(shell) }, async t => {
      t.equal(execFileSync(shell, [...more, '-n', join(ROOT, EXTRA, file)], { encoding: 'utf8' }), '')
    })
  }
  t.test('shellcheck', { skip: missing('shellcheck') }, async t => {
    const files = ['pkgpanda.bash', 'add_dcos_path.sh'].map(file => join(ROOT, EXTRA, file))
    t.equal(execFileSync('shellcheck', ['--shell=bash', files[0]!], { encoding: 'utf8' }), '')
    t.equal(execFileSync('shellcheck', ['--shell=sh', files[1]!], { encoding: 'utf8' }), '')
  })
})

t.test('text of a manual page: nothing of it is a request, and what is copied can be typed', async t => {
  for (const [plain, roff] of [
    ['--root', '\\-\\-root'],
    ['.new names', '\\&.new names'],
    ['\'quoted\' "too" `x`', '\\(aqquoted\\(aq \\(dqtoo\\(dq \\(gax\\(ga'],
    ['a\\nb', 'a\\enb'],
    ['~ and ^', '\\(ti and \\(ha'],
    ['mehr…', 'mehr\\[u2026]'],
  ] as const)
    t.equal(text(plain), roff, plain)
})

t.test(
  'the manual page: groff has nothing to complain of, every word of the tables is there',
  { skip: missing('groff') },
  async t => {
    const { stdout, stderr } = render(['-ww', '-man', '-Tutf8', '-P-cbou', '-rLL=78n'])
    t.equal(stderr, '')
    const page = stdout.replaceAll(/\s+/g, ' ')
    for (const section of [
      'NAME',
      'SYNOPSIS',
      'DESCRIPTION',
      'COMMANDS',
      'OPTIONS',
      'EXIT STATUS',
      'FILES',
      'EXAMPLES',
      'SEE ALSO',
    ])
      t.match(stdout, new RegExp(`^${section}$`, 'm'))
    for (const { name, words, about, examples = [] } of COMMANDS) {
      t.ok(page.includes(`pkgpanda ${name} [option...] ${words.replaceAll(/[<>]/g, '')}`.trim()), `synopsis of ${name}`)
      for (const sentence of [...about, ...examples]) t.ok(page.includes(sentence.replaceAll(/\s+/g, ' ')), sentence)
    }
    for (const { name } of OPTIONS) t.ok(page.includes(` ${name} `), name)
  },
)

/** stderr is part of what is looked at. */
function render(options: readonly string[]) {
  return spawnSync('groff', [...options, join(ROOT, EXTRA, 'pkgpanda.8')], { encoding: 'utf8' })
}

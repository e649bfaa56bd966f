/** The completions of packages/pkgpanda/extra in the real shells, beside a pkgpanda that answers for one node only. */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { formatBashCompletion } from '../../../pkgpanda/command-line/completion/bash.ts'
import { formatFishCompletion } from '../../../pkgpanda/command-line/completion/fish.ts'
import { formatZshCompletion } from '../../../pkgpanda/command-line/completion/zsh.ts'
import { COMMANDS, type CommandDefinition } from '../../../pkgpanda/command-table.ts'
import { type OptionDefinition, optionsOf } from '../../../pkgpanda/options.ts'
import { ROOT } from '../../house/project-files.ts'
import { makeNode, type NodeFixture, scratchDirectory } from '../node-fixture.ts'
import { missing, SHELLS, type Shell } from './shell-candidates.ts'

const FILES: Readonly<Record<Shell['name'], string>> = {
  bash: 'pkgpanda.bash',
  zsh: '_pkgpanda',
  fish: 'pkgpanda.fish',
}

/** What pkgpanda says of this node, from a script that starts at once; anything else it is asked fails loudly, as on a broken node. */
async function pkgpandaOf(node: NodeFixture): Promise<Record<string, string>> {
  const { directory, paths } = node
  const bin = join(directory, 'bin')
  mkdirSync(bin)
  for (const command of ['list', 'active']) {
    writeFileSync(join(directory, `${command}.json`), (await node.run(command, '--json')).out)
  }
  const script = join(bin, 'pkgpanda')
  writeFileSync(
    script,
    `#!/bin/sh
case "$*" in
  "list --root=${paths.root} --repository=${paths.repository} --json") cat ${directory}/list.json ;;
  "active --root=${paths.root} --repository=${paths.repository} --json") cat ${directory}/active.json ;;
  *) echo "not asked for: $*" | tee -a ${directory}/unexpected >&2; exit 1 ;;
esac
`,
  )
  chmodSync(script, 0o755)
  return { PATH: `${bin}:${process.env.PATH}`, HOME: directory }
}

t.test('what the shells offer', async t => {
  const node = makeNode(t, {
    packages: { 'a--1': {}, 'a--2': {}, 'b--1:2': {}, 'not an id--$(touch x)': {} },
  })
  for (const id of ['a--1', 'b--1:2']) writeFileSync(join(node.paths.repository, id, 'pkginfo.json'), '{}')
  t.equal((await node.run('activate', 'a--1')).status, 0)
  const environment = await pkgpandaOf(node)
  mkdirSync(join(node.directory, 'with blank'))
  writeFileSync(join(node.directory, 'a--3.tar.xz'), '')
  writeFileSync(join(node.directory, 'other.txt'), '')
  const at = `--root=${node.paths.root} --repository=${node.paths.repository}`
  const apart = `--root ${node.paths.root} --repository ${node.paths.repository}`
  const names = COMMANDS.map(({ name }) => name).sort()

  // Candidates as whole words. Of a path bash and fish give all, zsh the last name; bash lets readline keep what it has put aside.
  // The editor of zsh takes its time: `false` where it is asked something very like it in another row.
  const cases: { line: string; wanted: string[]; bash?: string[]; zsh?: string[] | false; fish?: string[] }[] = [
    { line: 'pkgpanda ', wanted: names },
    { line: 'pkgpanda ro', wanted: ['rollback'], zsh: false },
    { line: `pkgpanda ${at} re`, wanted: ['remove'], zsh: false },
    { line: `pkgpanda ${apart} activate a`, wanted: ['a--1', 'a--2'] },
    { line: `pkgpanda activate ${at} a--1 `, wanted: ['a--1', 'a--2', 'b--1:2'] },
    { line: `pkgpanda remove ${at} `, wanted: ['a--2', 'b--1:2'] },
    { line: `pkgpanda show ${at} b--1:`, wanted: ['b--1:2'], bash: ['2'] },
    { line: 'pkgpanda activate --ro', wanted: ['--root', '--rooted-systemd'], bash: ['--root=', '--rooted-systemd'] },
    { line: 'pkgpanda --vers', wanted: ['--version'], zsh: false },
    { line: 'pkgpanda list --vers', wanted: [] },
    { line: 'pkgpanda check --l', wanted: ['--list'], zsh: false },
    { line: 'pkgpanda list --li', wanted: [], zsh: false },
    { line: 'pkgpanda --no-block gc --ke', wanted: ['--keep'], bash: ['--keep='] },
    {
      line: `pkgpanda list --root=${node.directory}/wi`,
      wanted: [`--root=${node.directory}/with blank/`],
      bash: [`${node.directory}/with blank`],
      zsh: ['--root=with\\ blank'],
    },
    {
      line: `pkgpanda list --root ${node.directory}/wi`,
      wanted: [`${node.directory}/with blank/`],
      bash: [`${node.directory}/with blank`],
      zsh: ['with\\ blank'],
    },
    {
      line: `pkgpanda add ${node.directory}/a`,
      wanted: [`${node.directory}/a--3.tar.xz`],
      zsh: ['a--3.tar.xz'],
      // fish puts names with another ending behind the others, if they begin alike.
      fish: [`${node.directory}/a--3.tar.xz`, `${node.directory}/active.json`],
    },
    { line: 'pkgpanda list ', wanted: [], zsh: false },
    { line: 'pkgpanda fetch ', wanted: [], zsh: false },
    { line: 'pkgpanda gc --keep ', wanted: [] },
    // A node that is broken or not there: nothing, and not a word on stderr.
    { line: 'pkgpanda activate --root=/nowhere ', wanted: [] },
  ]
  for (const shell of SHELLS) {
    t.test(shell.name, { skip: missing(shell.name), timeout: 90_000 }, async t => {
      const file = join(ROOT, 'packages/pkgpanda/extra', FILES[shell.name])
      const rows = cases.filter(row => row[shell.name] !== false)
      const found = shell.candidates(
        file,
        rows.map(({ line }) => line),
        environment,
      )
      t.equal(found.length, rows.length)
      for (const [index, row] of rows.entries()) t.strictSame(found[index], row[shell.name] || row.wanted, row.line)
    })
  }
})

t.test('every option of every command is offered, and no other', async t => {
  const environment = { PATH: process.env.PATH ?? '', HOME: '/nonexistent' }
  const [bash] = SHELLS
  const found = bash!.candidates(
    join(ROOT, 'packages/pkgpanda/extra', FILES.bash),
    COMMANDS.map(({ name }) => `pkgpanda ${name} --`),
    environment,
  )
  for (const [index, { name }] of COMMANDS.entries()) {
    const wanted = optionsOf(name).map(option => (option.value === undefined ? option.name : `${option.name}=`))
    t.strictSame(found[index], [...wanted, '--help'].sort(), name)
  }
})

t.test(
  'any table: what a summary says is never taken for syntax; an option that may be repeated is offered again',
  async t => {
    const summary = `it's [new]: "$(touch x)" \\ \`y\` (a, b); 100 % of <it>`
    const commands: CommandDefinition[] = [
      {
        name: 'do',
        words: '<id...>',
        complete: 'active',
        summary,
        about: [],
        access: 'read',
        load: () => Promise.reject(new Error()),
      },
    ]
    const options: OptionDefinition[] = [
      { name: '--switch', summary },
      { name: '--many', value: 'url', multiple: true, summary, commands: ['do'] },
      { name: '--once', value: 'file', summary, commands: ['do'] },
      { name: '--help', summary },
    ]
    const directory = scratchDirectory(t)
    const tables = { commands, options }
    writeFileSync(join(directory, FILES.bash), formatBashCompletion(tables))
    writeFileSync(join(directory, FILES.zsh), formatZshCompletion(tables))
    writeFileSync(join(directory, FILES.fish), formatFishCompletion(tables))
    const environment = { PATH: process.env.PATH ?? '', HOME: directory }
    const lines = ['pkgpanda ', 'pkgpanda do --', 'pkgpanda do --many=x --ma', 'pkgpanda do --once x --switch ']
    for (const shell of SHELLS) {
      t.test(shell.name, { skip: missing(shell.name), timeout: 90_000 }, async t => {
        const found = shell.candidates(join(directory, FILES[shell.name]), lines, environment)
        const value = shell.name === 'bash' ? '=' : ''
        t.strictSame(found, [
          ['do'],
          ['--help', `--many${value}`, `--once${value}`, '--switch'],
          [`--many${value}`],
          [],
        ])
        t.notOk(existsSync('x'), 'nothing of it was run')
      })
    }
  },
)

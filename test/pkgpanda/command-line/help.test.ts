/** `--help` and mistakes on the line: what stands where, how wide it is, and that a mistake is not buried in help. */
import t from 'tap'
import { helpColumns } from '../../../pkgpanda/command-line/help.ts'
import { EXIT_STATUSES } from '../../../pkgpanda/command-line/program-description.ts'
import { COMMANDS } from '../../../pkgpanda/command-table.ts'
import { OPTIONS, type OptionDefinition, optionsOf } from '../../../pkgpanda/options.ts'
import { makeNode, runOn } from '../node-fixture.ts'

t.test('as wide as the terminal, in bounds', async t => {
  for (const [terminal, wanted] of [
    [undefined, 80],
    [0, 80],
    [20, 40],
    [60, 60],
    [100, 100],
    [240, 100],
  ] as const)
    t.equal(helpColumns(terminal), wanted, `${terminal}`)
})

const help = async (node: ReturnType<typeof makeNode>, argv: string[], columns?: number) => {
  const result = await runOn(node.paths, [...argv, '--help'], { columns })
  return { ...result, flat: result.out.replaceAll(/\s+/g, ' ') }
}

t.test('of the program: commands in two groups, exit statuses, examples; no line is too long', async t => {
  const node = makeNode(t)
  for (const columns of [60, 80, 100]) {
    const { out, flat, status, err } = await help(node, [], columns)
    t.match({ status, err }, { status: 0, err: '' })
    const [, own, more] = /\nCommands:\n(.*?)\n\nCommands that 1\.9 had not:\n(.*?)\n\n/s.exec(out) ?? []
    for (const { name, words, added } of COMMANDS) {
      const line = new RegExp(`^  ${`${name} ${words}`.trim().replaceAll(/[[\].]/g, '\\$&')}( {2,}|$)`, 'm')
      t.match(added ? more : own, line, name)
      t.notMatch(added ? own : more, line)
    }
    for (const [code, meaning] of EXIT_STATUSES) t.ok(flat.includes(`${code} ${meaning}`), `${code}`)
    t.ok(flat.includes('pkgpanda rollback'))
    const longest = Math.max(...out.split('\n').map(line => line.length))
    t.ok(longest <= columns, `${longest} of ${columns} columns`)
    t.ok(out.endsWith('\n') && !out.endsWith('\n\n'))
  }
})

t.test('of a command: about, options of its own, then those of every command, examples', async t => {
  const node = makeNode(t)
  for (const { name, words, about, examples = [] } of COMMANDS) {
    const { out, flat, status } = await help(node, [name])
    t.equal(status, 0)
    t.ok(out.startsWith(`Usage: pkgpanda ${`${name} [options] ${words}`.trim()}\n\n`), name)
    for (const paragraph of about) t.ok(flat.includes(paragraph.replaceAll(/\s+/g, ' ')), paragraph)
    for (const example of examples) t.ok(out.includes(`\n  ${example}\n`), example)
    const [own = '', common = ''] = out.split('\nOptions of every command:\n')
    for (const { name: option, commands } of optionsOf(name)) {
      const line = new RegExp(`^ {2}${option}\\b(?!-)`, 'm')
      t.match(commands === undefined ? common : own, line)
      t.notMatch(commands === undefined ? own : common, line)
    }
    t.match(common, /^ {2}--help /m)
    const others = OPTIONS.filter((option: OptionDefinition) => option.commands && !option.commands.includes(name))
    for (const option of others) t.notMatch(out, new RegExp(`^ {2}${option.name}\\b(?!-)`, 'm'), option.name)
  }
})

t.test(
  'mistakes: what is wrong, perhaps what was meant, how it is used, where to read on; on stderr, status 1',
  async t => {
    const node = makeNode(t)
    const program = 'Usage: pkgpanda <command> [options] [words]\nSee pkgpanda --help.\n'
    for (const { argv, wanted } of [
      { argv: ['actvate'], wanted: `error: unknown command 'actvate'\n(Did you mean activate?)\n${program}` },
      { argv: ['zzz'], wanted: `error: unknown command 'zzz'\n${program}` },
      {
        argv: ['fetch'],
        wanted:
          "error: missing required argument 'id'\nUsage: pkgpanda fetch [options] <id...>\nSee pkgpanda fetch --help.\n",
      },
      {
        argv: ['gc', '--kep', '1'],
        wanted:
          "error: unknown option '--kep'\n(Did you mean --keep?)\nUsage: pkgpanda gc [options]\nSee pkgpanda gc --help.\n",
      },
      {
        // Of another command: an option that is known is still not one of this.
        argv: ['list', '--purge'],
        wanted: "error: unknown option '--purge'\nUsage: pkgpanda list [options]\nSee pkgpanda list --help.\n",
      },
      {
        argv: ['list', '--ro=x'],
        wanted: /^ERROR: --ro is not a unique prefix: --root, --rooted-systemd \(PKGPANDA_USAGE: .*\)\n$/,
      },
    ]) {
      const { status, out, err } = await runOn(node.paths, argv)
      t.strictSame({ status, out }, { status: 1, out: '' }, argv.join(' '))
      if (typeof wanted === 'string') t.equal(err, wanted, argv.join(' '))
      else t.match(err, wanted, argv.join(' '))
    }
  },
)

/** Flags as Go reads them, environment files as systemd does, files and messages that name source, key, found and allowed. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import Type from 'typebox'
import { decode, problemsOf } from '../../../src/shared/config/decode.ts'
import { parseEnvFile } from '../../../src/shared/config/env-file.ts'
import { parseFlags, parseGoBoolean } from '../../../src/shared/config/flags.ts'
import { loadJsonFile, loadYamlFile } from '../../../src/shared/config/json-file.ts'

const FLAGS = { config: 'string', verbose: 'boolean', port: 'integer', timeout: 'duration' } as const

for (const { argv, values = {}, rest = [], fault, says } of [
  { argv: [] },
  { argv: ['-config', 'a', '-port=1', '--timeout', '1m30s'], values: { config: 'a', port: 1, timeout: 90_000 } },
  { argv: ['-config='], values: { config: '' } },
  { argv: ['-config', '-verbose'], values: { config: '-verbose' } },
  { argv: ['-config=a=b'], values: { config: 'a=b' } },
  { argv: ['-verbose', 'false'], values: { verbose: true }, rest: ['false'] },
  { argv: ['--verbose=F'], values: { verbose: false } },
  { argv: ['-port', '-1'], values: { port: -1 } },
  { argv: ['-port=1', '-port=2'], values: { port: 2 } },
  { argv: ['-verbose', '--', '-port'], values: { verbose: true }, rest: ['-port'] },
  { argv: ['sub', '-port'], rest: ['sub', '-port'] },
  { argv: ['-', '-port'], rest: ['-', '-port'] },
  {
    argv: ['-x'],
    fault: 'CONFIG_FLAG_UNKNOWN',
    says: 'flag provided but not defined: -x (known: -config, -verbose, -port, -timeout)',
  },
  { argv: ['-port'], fault: 'CONFIG_FLAG_VALUE_MISSING', says: 'flag needs an argument: -port' },
  { argv: ['-port', '1.5'], fault: 'CONFIG_FLAG_VALUE_INVALID', says: "flag -port: found '1.5', allowed an integer" },
  { argv: ['-port', '9007199254740993'], fault: 'CONFIG_FLAG_VALUE_INVALID' },
  {
    argv: ['-verbose=yes'],
    fault: 'CONFIG_FLAG_VALUE_INVALID',
    says: "flag -verbose: found 'yes', allowed true or false",
  },
  { argv: ['-timeout=5'], fault: 'CONFIG_FLAG_VALUE_INVALID' },
  { argv: ['-toString'], fault: 'CONFIG_FLAG_UNKNOWN' },
] as { argv: string[]; values?: object; rest?: string[]; fault?: string; says?: string }[]) {
  t.test(`flags: ${argv.join(' ')}`, async t => {
    if (fault) t.throws(() => parseFlags(FLAGS, argv), { code: fault, ...(says && { message: says }) })
    else t.same(parseFlags(FLAGS, argv), { values, rest })
  })
}

t.test('booleans as Go writes them', async t => {
  for (const text of ['1', 't', 'T', 'true', 'TRUE', 'True']) t.equal(parseGoBoolean(text), true, text)
  for (const text of ['0', 'f', 'F', 'false', 'FALSE', 'False']) t.equal(parseGoBoolean(text), false, text)
  for (const text of ['', 'yes', 'tRUE', 'toString']) t.equal(parseGoBoolean(text), undefined, text)
})

t.test('environment files', async t => {
  const text = `
# a comment
; another
A=1
 B = not a name
B=two words  
C="quoted \\"twice\\" \\$HOME"
D='single \\n'
E=first \\
second
1F=no name
no assignment
G=
H="open
A=2
`
  t.same(parseEnvFile(text), {
    A: '2',
    B: 'two words',
    C: 'quoted "twice" $HOME',
    D: 'single \\n',
    E: 'first second',
    G: '',
    H: '"open',
  })
})

const Schema = Type.Object(
  {
    role: Type.Union([Type.Literal('master'), Type.Literal('agent')]),
    port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535 })),
    log: Type.Optional(Type.Object({ level: Type.String({ pattern: '^(debug|info)$' }) })),
    names: Type.Optional(Type.Array(Type.String())),
    where: Type.Optional(Type.String({ description: 'an address such as 10.0.0.1' })),
  },
  { additionalProperties: false },
)

for (const [value, problems] of [
  [{ role: 'master' }, []],
  [{ role: 'z' }, [`key 'role': found "z", allowed "master" or "agent"`]],
  [{}, [`key 'role': missing, allowed "master" or "agent"`]],
  [{ role: 'agent', port: 0 }, [`key 'port': found 0, allowed an integer from 1 to 65535`]],
  [{ role: 'agent', port: '1' }, [`key 'port': found "1", allowed an integer from 1 to 65535`]],
  [{ role: 'agent', log: {} }, [`key 'log.level': missing, allowed text of the form ^(debug|info)$`]],
  [{ role: 'agent', names: ['a', 1] }, [`key 'names.1': found 1, allowed text`]],
  [{ role: 'agent', prot: 1 }, [`key 'prot': unknown, allowed role, port, log, names, where`]],
  [{ role: 'agent', where: 7 }, [`key 'where': found 7, allowed an address such as 10.0.0.1`]],
  [[], ['the whole: found [], allowed an object']],
] as const) {
  t.test(`decode ${JSON.stringify(value)}`, async t => {
    t.same(problemsOf(Schema, value), problems)
    if (problems.length === 0) t.equal(decode(Schema, value, 'x'), value)
    else
      t.throws(() => decode(Schema, value, 'x'), { code: 'CONFIG_VALUE_INVALID', message: `x: ${problems.join('; ')}` })
  })
}

t.test('files: each failure names the file', async t => {
  const directory = mkdtempSync(join(tmpdir(), 'shared-config-'))
  t.teardown(() => rmSync(directory, { recursive: true }))
  const path = join(directory, 'c.json')
  const write = (text: string) => writeFileSync(path, text)

  await t.rejects(loadJsonFile(path, Schema), { code: 'CONFIG_FILE_UNREADABLE', message: /c\.json.*ENOENT/ })
  write('{"role": ')
  await t.rejects(loadJsonFile(path, Schema), { code: 'CONFIG_FILE_MALFORMED', message: /c\.json/ })
  write('{"role": "z"}')
  await t.rejects(loadJsonFile(path, Schema), { code: 'CONFIG_VALUE_INVALID', message: /c\.json': key 'role'/ })
  write('{"role": "agent"}')
  t.same(await loadJsonFile(path, Schema), { role: 'agent' })

  write('role: agent\nport: 80\n')
  t.same(await loadYamlFile(path, Schema), { role: 'agent', port: 80 })
  write('role: [')
  await t.rejects(loadYamlFile(path, Schema), { code: 'CONFIG_FILE_MALFORMED' })
  write('# nothing\n\n')
  t.same(await loadYamlFile(path, Type.Object({})), {}, 'a file of comments is an empty object')
  write(`"${'x'.repeat(4 * 1024 * 1024)}"`)
  await t.rejects(loadJsonFile(path, Schema), { code: 'CONFIG_FILE_UNREADABLE', message: /larger than 4194304 bytes/ })
})

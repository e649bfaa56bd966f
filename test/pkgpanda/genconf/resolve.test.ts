/** Facts 69 to 80 of pkgpanda 6: what config.yaml may say, and in which words it is refused. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { fullRecords, openRecords } from '../../../pkgpanda/genconf/components/records.ts'
import { configurationDocument } from '../../../pkgpanda/genconf/document.ts'
import { parseConfig } from '../../../pkgpanda/genconf/load-config.ts'
import { parameters } from '../../../pkgpanda/genconf/parameters.ts'
import { noticeLines, problemLines } from '../../../pkgpanda/genconf/report.ts'
import { resolve } from '../../../pkgpanda/genconf/resolve.ts'
import { stringify } from '../../../pkgpanda/genconf/stringify.ts'

const MINIMAL = {
  cluster_name: 'test',
  bootstrap_url: 'http://10.0.0.9:8080',
  master_discovery: 'static',
  master_list: '["10.0.0.1"]',
  exhibitor_storage_backend: 'static',
  ip_detect_contents: '#!/bin/sh\necho 10.0.0.1\n',
}

t.test('a minimal configuration resolves, with defaults and calculated values', async t => {
  const { values, ...rest } = resolve(parameters, MINIMAL)
  t.same(rest, { errors: {}, unset: [], unknown: [], unused: [] })
  t.match(values, {
    num_masters: '1',
    master_quorum: '1',
    resolvers: '["8.8.8.8","8.8.4.4"]',
    ip_detect_public_contents: /10.0.0.1/,
  })
})

t.test('every default passes its own rule', async t => {
  for (const { name, rule, ...parameter } of parameters) {
    if ('value' in parameter && typeof parameter.value === 'string')
      t.equal(rule.check(parameter.value), undefined, name)
  }
})

t.test('fact 69: nothing given', async t => {
  const { unset, errors } = resolve(parameters, {}, { ip_detect_contents: 'missing' })
  t.same(unset, ['bootstrap_url', 'cluster_name', 'exhibitor_storage_backend', 'master_discovery'])
  t.same(errors, { ip_detect_contents: 'missing' })
})

const FOO_BAR = 'Invalid IPv4 addresses in list: foo, bar'
const TWICE = 'List cannot contain duplicates: 10.0.0.1 appears 2 times'
const NOT_BOOLEAN = "Must be one of 'true', 'false'. Got 'foo'."
const refused = [
  { fact: 70, key: 'bootstrap_url', given: '', problem: 'Must not be empty' },
  { fact: 70, key: 'bootstrap_url', given: '123abc/', problem: "Must not end in a '/'" },
  { fact: 70, key: 'bootstrap_url', given: "http://x'; reboot", problem: 'Must be an http://, https:// or file:// URL' },
  { fact: 71, key: 'telemetry_enabled', given: 'foo', problem: NOT_BOOLEAN },
  { fact: 71, key: 'oauth_enabled', given: 'foo', problem: NOT_BOOLEAN },
  { fact: 71, key: 'cluster_docker_credentials_dcos_owned', given: 'foo', problem: NOT_BOOLEAN },
  { fact: 72, key: 'resolvers', given: '["10.0.0.1:65536"]', problem: 'Must be between 1 and 65535 inclusive' },
  { fact: 72, key: 'resolvers', given: '["10.0.0.1:abc"]', problem: 'Must be an integer but got a str: abc' },
  { fact: 72, key: 'resolvers', given: '["::1"]', problem: 'Must be an integer but got a str: ' },
  { fact: 73, key: 'resolvers', given: '["foo","bar"]', problem: FOO_BAR },
  { fact: 73, key: 'master_list', given: '["foo","bar"]', problem: FOO_BAR },
  { fact: 73, key: 'dns_bind_ip_blacklist', given: '["foo","bar"]', problem: FOO_BAR },
  { fact: 74, key: 'resolvers', given: '["10.0.0.1","10.0.0.1"]', problem: TWICE },
  { fact: 74, key: 'master_list', given: '["10.0.0.1","10.0.0.1"]', problem: TWICE },
  { fact: 75, key: 'dns_forward_zones', given: '[["a.com",[["1",53]]]]', problem: 'Zone a.com: invalid IPv4 address: 1' },
  { fact: 75, key: 'dns_forward_zones', given: '[["a.com",[["10.0.0.1",0]]]]', problem: 'Zone a.com: port: Must be between 1 and 65535 inclusive' },
  { fact: 75, key: 'dns_forward_zones', given: '["a.com"]', problem: 'Must be a list of [zone, [[address, port], …]], got "a.com"' },
  { fact: 87, key: 'agent_list', given: 'foo', problem: 'Must be a JSON list, but cannot be parsed as one: foo' },
  { fact: 87, key: 'agent_list', given: '{}', problem: 'Must be a JSON list, got: {}' },
  { fact: 0, key: 'master_list', given: '["10.0.0.1","10.0.0.2"]', problem: 'Must have 1, 3, 5, 7 or 9 masters, found 2' },
  { fact: 0, key: 'num_masters', given: '1', problem: 'num_masters must be calculated, but was explicitly set in the configuration. Remove it from the configuration.' },
  { fact: 0, key: 'dns_search', given: 'a b c d e f g', problem: 'Must contain at most 6 domains, found 7' },
  { fact: 0, key: 'dns_search', given: 'a,b', problem: 'Must not contain a comma; separate the domains by blanks' },
  { fact: 0, key: 'dns_search', given: 'x'.repeat(256), problem: 'Must be less than 256 characters long' },
  { fact: 0, key: 'dcos_overlay_mtu', given: '551', problem: 'Must be at least 552' },
  { fact: 0, key: 'dcos_overlay_config_attempts', given: '11', problem: 'Must be between 0 and 10 inclusive' },
  { fact: 0, key: 'mesos_log_retention_mb', given: '1023', problem: 'Must be at least 1024' },
  { fact: 0, key: 'dcos_overlay_network', given: '{"overlays":[{"name":"abcdefghijklmn","subnet":"9.0.0.0/8"}]}', problem: 'Overlay names have at most 13 characters: abcdefghijklmn' },
  { fact: 0, key: 'bootstrap_tmp_dir', given: '../etc', problem: 'Must be a path below /, without a leading slash' },
  { fact: 0, key: 'ip_detect_contents', given: 'echo 1', problem: 'Must be a script that starts with #!' },
  { fact: 0, key: 'exhibitor_address', given: 'lb\nMASTER_SOURCE=x', problem: 'Must be a host name or an IPv4 address', more: { master_discovery: 'master_http_loadbalancer' } },
  { fact: 0, key: 'no_proxy', given: '["a\\nb"]', problem: 'Must be hosts, domains and subnets, got: a\nb', more: { use_proxy: 'true' } },
  { fact: 0, key: 'cluster_name', given: 'a\nB=1', problem: 'Must not contain a line break' },
] // biome-ignore format: a table

// facts 70–75, and what no fact says
for (const { fact, key, given, problem, more = {} } of refused) {
  t.test(`${fact ? `fact ${fact}` : 'pkgpanda 5.6'}, ${key}: ${JSON.stringify(given).slice(0, 60)}`, async t => {
    t.equal(resolve(parameters, { ...MINIMAL, ...more, [key]: given }).errors[key], problem)
  })
}

t.test('fact 76: where Exhibitor keeps its state', async t => {
  const user = {
    ...MINIMAL,
    exhibitor_storage_backend: 'zookeeper',
    exhibitor_zk_hosts: 'zk://h:2181',
    exhibitor_zk_path: 'bad/path',
  }
  t.match(resolve(parameters, user).errors, {
    exhibitor_zk_hosts: /not start with 'zk:\/\/'/,
    exhibitor_zk_path: /starting with '\/'/,
  })
})

t.test('fact 77: a static backend behind a load balancer', async t => {
  const { errors, unset } = resolve(parameters, { ...MINIMAL, master_discovery: 'master_http_loadbalancer' })
  t.same(unset, ['exhibitor_address', 'num_masters'])
  t.same(Object.keys(errors).sort(), ['exhibitor_storage_backend', 'master_discovery'])
  t.equal(errors.exhibitor_storage_backend, errors.master_discovery)
  const aws = {
    exhibitor_storage_backend: 'aws_s3',
    aws_region: 'r',
    s3_bucket: 'b',
    s3_prefix: 'p',
    exhibitor_explicit_keys: 'false',
  }
  const balanced = { master_discovery: 'master_http_loadbalancer', exhibitor_address: 'lb', num_masters: '3' }
  t.match(resolve(parameters, { ...MINIMAL, ...aws }), { errors: {}, unset: [] })
  t.match(resolve(parameters, { ...MINIMAL, ...aws, ...balanced }), { errors: {}, unset: [], unused: ['master_list'] })
})

t.test('fact 78: the default overlay must be defined', async t => {
  const { errors } = resolve(parameters, { ...MINIMAL, dcos_overlay_network_default_name: 'other' })
  t.same(Object.keys(errors).sort(), ['dcos_overlay_network', 'dcos_overlay_network_default_name'])
})

t.test('a key with an error of its own keeps it beside a rule over several', async t => {
  const user = { ...MINIMAL, agent_list: '["10.0.0.1"]', public_agent_list: '["10.0.0.1"]' }
  t.match(resolve(parameters, user).errors, {
    master_list: 'master_list and agent_list must not share addresses: 10.0.0.1',
    agent_list: 'master_list and agent_list must not share addresses: 10.0.0.1',
    public_agent_list: 'master_list and public_agent_list must not share addresses: 10.0.0.1',
  })
})

t.test('fact 79: secrets are hidden where everybody can read', async t => {
  const user = { ...MINIMAL, exhibitor_admin_password: 'sesame' }
  const { values } = resolve(parameters, user)
  const text = (files: { path: string; content: string }[], path: string) =>
    files.find(file => file.path === path)?.content ?? ''
  const open = openRecords(parameters, user, values)
  t.notMatch(text(open, 'etc/expanded.config.json'), /exhibitor_admin_password/)
  t.match(text(open, 'etc/user.config.yaml'), /exhibitor_admin_password: ['"]?\*\*HIDDEN\*\*/)
  t.notMatch(open.map(({ content }) => content).join(''), /sesame/)
  const full = fullRecords(user, values)
  t.match(JSON.parse(text(full, 'expanded.config.full.json')), { exhibitor_admin_password: 'sesame' })
  t.match(text(full, 'user.config.full.yaml'), /exhibitor_admin_password: sesame/)
})

const values = [
  { given: 'text', text: 'text' },
  { given: true, text: 'true' },
  { given: false, text: 'false' },
  { given: 42, text: '42' },
  { given: ['a', 1], text: '["a",1]' },
  { given: { a: ['b'] }, text: '{"a":["b"]}' },
  { given: null },
  { given: undefined },
  { given: 1.5 },
  { given: new Set(['a']) },
  { given: new Date(0) },
]
for (const { given, text } of values) {
  t.test(`fact 80: ${given instanceof Set ? 'a set' : JSON.stringify(given)} as text`, async t => {
    if (text === undefined) t.match(stringify(given), { problem: /^Must/ })
    else t.same(stringify(given), { text })
  })
}

t.test('messages name file, line, key, what was found and what is allowed', async t => {
  const config = parseConfig(
    'cluster_name: x\nresolvers: [1.1.1.1.1]\n# note\nweights: 1.5\nfoo: 1\nexhibitor_address: lb\nmaster_discovery: static\n',
    'c.yaml',
  )
  const resolution = resolve(parameters, config.values, { ...config.problems, ip_detect_contents: 'No file' })
  t.same(problemLines(config, resolution, parameters), [
    'c.yaml:2: resolvers: Invalid IPv4 addresses in list: 1.1.1.1.1 (found "[\\"1.1.1.1.1\\"]"; allowed: a list of IPv4 addresses, each with :port if that is not 53, without repetition)',
    'c.yaml:4: weights: Must be text, a whole number, true, false, a list or a map; put a fraction in quotes. (allowed: text on one line)',
    'c.yaml: ip_detect_contents: No file (allowed: a script whose first line names its interpreter (#!…))',
    'c.yaml: bootstrap_url: Must set bootstrap_url, no way to calculate value. (allowed: an http://, https:// or file:// URL without a slash at its end)',
    "c.yaml: exhibitor_storage_backend: Must set exhibitor_storage_backend, no way to calculate value. (allowed: one of 'static', 'zookeeper', 'aws_s3', 'shared_filesystem', 'azure', 'agent_only_group_no_exhibitor')",
    'c.yaml: master_list: Must set master_list, no way to calculate value. (allowed: a list of 1, 3, 5, 7 or 9 IPv4 addresses without repetition)',
  ])
  t.same(noticeLines(config, resolution), [
    'c.yaml:5: foo: not a key of this suite; kept in the records, without effect',
    'c.yaml:6: exhibitor_address: without effect beside the other values',
  ])
})

t.test('a secret is not shown in a message', async t => {
  const config = parseConfig('exhibitor_admin_password: "a\\nb"\n', 'c.yaml')
  const lines = problemLines(config, resolve(parameters, config.values), parameters)
  t.match(lines[0], /Must not contain a line break \(found \*\*HIDDEN\*\*;/)
})

for (const { what, text, message } of [
  { what: 'syntax', text: 'a: [1\nb: 2\n', message: /^c\.yaml:2:\d+: not a YAML map/ },
  { what: 'a key twice', text: 'a: 1\na: 2\n', message: /^c\.yaml:2:1: .*unique/ },
  { what: 'a list', text: '- a\n', message: /^c\.yaml:1: .*top level must be a map/ },
  { what: 'two documents', text: 'a: 1\n---\nb: 2\n', message: /^c\.yaml:\d+:\d+: not a YAML map/ },
]) {
  t.test(`config.yaml refused: ${what}`, async t => {
    t.throws(() => parseConfig(text, 'c.yaml'), { code: 'GENCONF_FILE_MALFORMED', message })
  })
}

t.test('an empty file has no keys', async t => {
  for (const text of ['', '# only a note\n', '---\n']) t.same(parseConfig(text, 'c.yaml').values, {})
})

t.test('docs/configuration.md is the table', async t => {
  const file = join(import.meta.dirname, '../../../docs/configuration.md')
  const document = configurationDocument(parameters)
  if (process.env.GOLDEN) await writeFile(file, document)
  t.equal(await readFile(file, 'utf8'), document, 'npm run golden writes it')
})

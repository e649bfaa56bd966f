/** gen-resolvconf's decisions: what is a resolver, who is chosen, the text, what a datagram means. Tables of contract resolvconf. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { chooseResolvers, healthyForwarders, parseResolvers } from '../../src/gen-resolvconf/choose.ts'
import { isCommandLine, loadConfig } from '../../src/gen-resolvconf/config.ts'
import { formatResolvConf, nameserversOf } from '../../src/gen-resolvconf/content.ts'
import { judge } from '../../src/gen-resolvconf/probe.ts'
import { encodeMessage } from '../../src/shared/dns/codec.ts'
import { createQuery, createResponse, type DnsMessage, RCODE } from '../../src/shared/dns/message.ts'
import { CLASS, TYPE } from '../../src/shared/dns/record.ts'

t.test('resolvconf 1, command line', async t => {
  for (const [argv, accepted] of [
    [['/etc/resolv.conf'], true],
    [['--version'], true],
    [[], false],
    [[''], false],
    [['-h'], false],
    [['/etc/resolv.conf', 'x'], false],
  ] as const) {
    t.equal(isCommandLine(argv), accepted, JSON.stringify(argv))
  }
})

t.test('resolvconf 4, SEARCH', async t => {
  t.equal(loadConfig('/x', {}).search, undefined)
  t.equal(loadConfig('/x', { SEARCH: ' ' }).search, undefined)
  t.equal(loadConfig('/x', { SEARCH: 'a.b c.d' }).search, 'a.b c.d')
  const fault = { code: 'RESOLVCONF_SEARCH_INVALID' }
  t.throws(() => loadConfig('/x', { SEARCH: 'a\nnameserver 6.6.6.6' }), fault)
  t.throws(() => loadConfig('/x', { SEARCH: 'x'.repeat(256) }), fault)
})

t.test('resolvconf 3, RESOLVERS', async t => {
  for (const [list, usable, dropped] of [
    ['8.8.8.8:53,9.9.9.9:5353,1.1.1.1', ['8.8.8.8', '1.1.1.1'], ['9.9.9.9:5353']],
    ['8.8.8.8,8.8.8.8:53', ['8.8.8.8'], []],
    [' 8.8.8.8 , ', ['8.8.8.8'], []],
    ['', [], []],
    ['2001:db8::1,[2001:db8::2]:53', ['2001:db8::1', '2001:db8::2'], []],
    ['dns.example:53,[1.2.3.4]:53,1.2.3', [], ['dns.example:53', '[1.2.3.4]:53', '1.2.3']],
  ] as const) {
    const found = parseResolvers(list)
    t.same(found.usable, usable, `usable of '${list}'`)
    t.same(
      found.dropped.map(({ entry }) => entry),
      dropped,
      `dropped of '${list}'`,
    )
  }
})

t.test('resolvconf 2, forwarders in the order asked', async t => {
  const probes = ['1', '2', '3'].map(address => ({ address, healthy: address !== '2', finding: '' }))
  t.same(healthyForwarders(probes), ['1', '3'])
  t.same(healthyForwarders([]), [])
})

t.test('resolvconf 3, the choice', async t => {
  const first = () => 0
  t.same(chooseResolvers(['a', 'b'], [], first), ['b', 'a'], 'shuffled')
  t.same(
    chooseResolvers(['a', 'b'], ['b', 'a'], () => 0.99),
    ['b', 'a'],
    'the order of the file stays',
  )
  t.same(
    chooseResolvers(['a', 'b'], ['b', 'c'], () => 0.99),
    ['a', 'b'],
    'another set is drawn',
  )
  t.equal(chooseResolvers(['a', 'b', 'c', 'd'], [], first).length, 3)
  t.not(chooseResolvers(['a', 'b', 'c', 'd'], ['a', 'b', 'c'], first).join(), 'a,b,c', 'more than three are drawn anew')
  const seen = new Set<string>()
  for (let i = 0; i < 64; i++) seen.add(chooseResolvers(['a', 'b', 'c'], [], () => (i % 8) / 8).join())
  t.ok(seen.size > 1)
})

const CASES = 'test/cases/resolvconf'
for (const file of readdirSync(CASES)) {
  t.test(`resolvconf 4, text of ${file}`, async t => {
    const [given = '', expected = ''] = readFileSync(join(CASES, file), 'utf8').split(/^-{4,}\n/m)
    const { search, nameservers } = JSON.parse(given) as { search?: string; nameservers: string[] }
    t.equal(formatResolvConf({ search, nameservers }), expected)
    t.same(nameserversOf(expected), nameservers)
  })
}

t.test('resolvconf 2, what a datagram means', async t => {
  const query = createQuery(7, 'ready.spartan.', TYPE.ANY)
  const record = {
    name: 'ready.spartan.',
    class: CLASS.IN,
    ttlSeconds: 5,
    data: { kind: 'A', address: '127.0.0.1' },
  } as const
  const answer = { ...createResponse(query), answers: [record] }
  for (const [what, message, finding] of [
    ['an answer', answer, 'answers'],
    ['capitals changed', { ...answer, questions: [{ name: 'READY.spartan.', type: 255, class: 1 }] }, 'answers'],
    ['an answer with SERVFAIL and a record', { ...answer, rcode: RCODE.SERVFAIL }, 'answers'],
    ['no record', createResponse(query, RCODE.NXDOMAIN), 'answers without a record'],
    ['another id', { ...answer, id: 8 }, undefined],
    ['the query itself', query, undefined],
    ['another question', { ...answer, questions: [{ name: 'x.', type: 255, class: 1 }] }, undefined],
    ['no question', { ...answer, questions: [] }, undefined],
  ] as [string, DnsMessage, string | undefined][]) {
    t.equal(judge(encodeMessage(message), 7), finding, what)
  }
  t.match(judge(Buffer.from('hello'), 7), /^sends no DNS message: /)
})

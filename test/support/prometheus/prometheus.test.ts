import t from 'tap'
import { joinTargets, prometheusArguments, prometheusConfiguration } from './configuration.ts'
import { decodeTargets } from './targets.ts'

t.test('the configuration names one file of targets', async t => {
  const parsed = JSON.parse(prometheusConfiguration('/state/targets.json'))
  t.same(parsed.scrape_configs[0].file_sd_configs[0].files, ['/state/targets.json'])
})

t.test('the command line keeps data and listener where they are asked for', async t => {
  const line = prometheusArguments('/state/p.yml', '/state/data', '172.31.0.1:9090')
  t.ok(line.includes('--storage.tsdb.path=/state/data'))
  t.ok(line.includes('--web.listen-address=172.31.0.1:9090'))
})

t.test('fragments of several nodes become one list', async t => {
  const joined = joinTargets([
    { node: 'm1', text: '[{"targets":["172.31.0.11:61091"],"labels":{"job":"dcos-metrics"}}]' },
    { node: 'a1', text: '[{"targets":["172.31.0.12:61091"]},{"targets":[]}]' },
    { node: 'p1', text: '[]' },
  ])
  t.same(joined, [
    { targets: ['172.31.0.11:61091'], labels: { job: 'dcos-metrics', node: 'm1' } },
    { targets: ['172.31.0.12:61091'], labels: { node: 'a1' } },
    { targets: [], labels: { node: 'a1' } },
  ])
  t.throws(() => joinTargets([{ node: 'm1', text: '' }]), SyntaxError)
})

t.test('the API answer is sorted by job and instance', async t => {
  const target = (job: string, instance: string, health: string, lastError = '') => ({
    labels: { job, instance, node: 'm1' },
    health,
    lastError,
  })
  const json = {
    data: { activeTargets: [target('b', 'x', 'up'), target('a', 'y', 'down', 'refused'), target('a', 'x', 'unknown')] },
  }
  t.same(decodeTargets(json), [
    { job: 'a', instance: 'x', health: 'unknown', lastError: '' },
    { job: 'a', instance: 'y', health: 'down', lastError: 'refused' },
    { job: 'b', instance: 'x', health: 'up', lastError: '' },
  ])
})

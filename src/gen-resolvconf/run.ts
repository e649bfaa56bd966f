/** One run: ask the forwarders, choose, write if something changed, say so in one sentence. */
import type { Log } from '../shared/log/journald.ts'
import { chooseResolvers, healthyForwarders, parseResolvers } from './choose.ts'
import type { ResolvconfConfig } from './config.ts'
import { formatResolvConf, nameserversOf } from './content.ts'
import { faults } from './errors.ts'
import type { Probe } from './probe.ts'
import { type Outcome, readCurrent, replaceFile } from './replace-file.ts'

export interface RunOptions {
  config: Readonly<ResolvconfConfig>
  probe: (address: string) => Promise<Probe>
  log: Log
  random?: () => number
}

export interface RunResult {
  outcome: Outcome
  healthy: number
  /** For STATUS= and people. */
  sentence: string
}

/** Rejects with RESOLVCONF_*; the file is then as it was, but for RESOLVCONF_FILE_INCOMPLETE. */
export async function runOnce({ config, probe, log, random = Math.random }: RunOptions): Promise<RunResult> {
  // DEPARTURE (resolvconf 2): all at once, where 1.9 asked one after another and kept a node without forwarders busy for 15 s.
  const probes = await Promise.all(config.forwarders.map(probe))
  const healthy = healthyForwarders(probes)
  const nameservers = healthy.length > 0 ? healthy : await resolversOf(config, log, random)
  const outcome = await replaceFile(config.path, formatResolvConf({ search: config.search, nameservers }))
  const silent = probes.filter(each => !each.healthy)
  const who = healthy.length > 0 ? 'forwarders' : 'no forwarder answers, upstream resolvers'
  const sentence = `${config.path} ${outcome}: ${who} ${nameservers.join(' ') || '(none)'}`
  const findings = silent.map(({ address, finding }) => `${address} ${finding}`).join('; ') || undefined
  const fields = { search: config.search, silent: findings }
  // DEPARTURE (dns 4.3): 1.9 printed the whole file each minute; these are its variable parts.
  // Warned of once, not every minute.
  if (healthy.length > 0 || outcome === 'unchanged') log.info(sentence, fields)
  else log.warning(`${sentence}, names of the cluster stay unknown`, fields)
  return { outcome, healthy: healthy.length, sentence }
}

async function resolversOf(config: ResolvconfConfig, log: Log, random: () => number): Promise<string[]> {
  if (config.resolvers === undefined) throw faults.RESOLVERS_UNSET(config.path)
  const { usable, dropped } = parseResolvers(config.resolvers)
  for (const { entry, why } of dropped) log.warning('resolver left out, resolv.conf cannot name it', { entry, why })
  return chooseResolvers(usable, nameserversOf(await readCurrent(config.path)), random)
}

/**
 * The proxy that a node's configuration names: ROOT/etc/proxy.env, written by genconf for every daemon (units 7). Only this
 * file counts, since the command line reads no environment (pkgpanda 2.1). Node.js does the rest: absolute URLs for http,
 * CONNECT for https, Proxy-Authorization from the URL.
 */
import { readFileSync } from 'node:fs'
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { join } from 'node:path'
import { parseEnvFile } from '../../../src/shared/config/env-file.ts'
import { unlessAbsent } from '../../disk/unless-absent.ts'
import { faults } from '../../errors.ts'

export interface ProxyVariables {
  readonly http_proxy?: string
  readonly https_proxy?: string
  readonly no_proxy?: string
}

/** One connection a file: a pool would keep the process from ending. */
export interface Agents {
  readonly http: HttpAgent
  readonly https: HttpsAgent
}

const NAMES = ['http_proxy', 'https_proxy', 'no_proxy'] as const

/**
 * Without the file, or with an empty one, connections are direct. Throws PKGPANDA_PROXY_MALFORMED, which never shows the value,
 * and the system's error for a file that cannot be read: going round the proxy is not ours to decide.
 */
export function loadAgents(root: string): Agents {
  const path = join(root, 'etc/proxy.env')
  // Absent on a node without a configuration package, as at its first setup.
  const text = unlessAbsent(() => readFileSync(path, 'utf8'), '')
  return makeAgents(parseProxyVariables(text, path))
}

export function makeAgents(proxyEnv: ProxyVariables): Agents {
  return { http: new HttpAgent({ proxyEnv: { ...proxyEnv } }), https: new HttpsAgent({ proxyEnv: { ...proxyEnv } }) }
}

/** Small letters win over capitals, as with curl. Throws PKGPANDA_PROXY_MALFORMED. Pure. */
export function parseProxyVariables(text: string, path: string): ProxyVariables {
  const variables = parseEnvFile(text)
  const found: Partial<Record<(typeof NAMES)[number], string>> = {}
  for (const name of NAMES) {
    const value = variables[name] || variables[name.toUpperCase()]
    if (!value) continue
    // `host:port` alone is usual too.
    found[name] = name === 'no_proxy' || value.includes('://') ? value : `http://${value}`
    if (name !== 'no_proxy' && URL.parse(found[name])?.protocol !== 'http:') throw faults.PROXY_MALFORMED(path, name)
  }
  return found
}

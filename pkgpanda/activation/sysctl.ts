/**
 * etc/dcos-service-configuration.json: which kernel settings `bootstrap SERVICE` applies (pkgpanda 1.7). Pure.
 * Not filtered by role: a service's settings stand there when its package has the unit anywhere.
 */
import { faults } from '../errors.ts'
import type { SetMember } from './validate-set.ts'

export interface ServiceConfigurationJson {
  sysctl: Record<string, Record<string, string | number>>
}

export interface SysctlMember extends SetMember {
  /** Base names of every `*.service` anywhere in the package; only read for packages with sysctl settings. */
  readonly serviceFiles: readonly string[]
}

export const SERVICE_CONFIGURATION_FILE = 'dcos-service-configuration.json'

/** Throws PKGPANDA_SYSCTL_WITHOUT_SERVICE for a package with settings and no service at all. */
export function serviceConfiguration(members: readonly SysctlMember[]): ServiceConfigurationJson {
  const sysctl: ServiceConfigurationJson['sysctl'] = {}
  for (const { id, pkginfo, serviceFiles } of members) {
    const services = Object.entries(pkginfo.sysctl)
    if (services.length === 0) continue
    if (serviceFiles.length === 0) throw faults.SYSCTL_WITHOUT_SERVICE(id)
    for (const [service, settings] of services) {
      if (serviceFiles.includes(`${service}.service`)) sysctl[service] = { ...sysctl[service], ...settings }
    }
  }
  return { sysctl }
}

/** Kernel settings that packages ask for by service, from etc/dcos-service-configuration.json (pkgpanda 1.7). */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Type } from 'typebox'
import { decode } from '../shared/config/decode.ts'
import { confinedPath } from '../shared/fs/confined-path.ts'
import { errorFields, type Log } from '../shared/log/journald.ts'

const serviceConfiguration = Type.Object({
  sysctl: Type.Optional(
    Type.Record(Type.String(), Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()]))),
  ),
})

/** Sets what the service asks for; what cannot be set is logged, and the service starts all the same. */
export async function applySysctls(service: string, root: string, procfs: string, log: Log): Promise<void> {
  for (const [key, value] of Object.entries(await loadSysctls(service, root, log))) {
    try {
      await writeFile(confinedPath(join(procfs, 'sys'), sysctlPath(key)), String(value))
      log.info('Kernel setting written', { service, key, value })
    } catch (error) {
      log.warning('Cannot write a kernel setting, going on without it', { service, key, value, ...errorFields(error) })
    }
  }
}

async function loadSysctls(service: string, root: string, log: Log): Promise<Record<string, string | number>> {
  const file = join(root, 'etc/dcos-service-configuration.json')
  try {
    return decode(serviceConfiguration, JSON.parse(await readFile(file, 'utf8')), file).sysctl?.[service] ?? {}
  } catch (error) {
    log.warning('Cannot read the kernel settings of services, going on without them', { file, ...errorFields(error) })
    return {}
  }
}

/**
 * `vm.swappiness` → `vm/swappiness`. As sysctl(8): the first separator decides, so that a name with dots in it (of a network
 * interface) can be written with slashes, `net/ipv4/conf/eth0.1/forwarding`, or dots and slashes change places. Pure.
 */
export function sysctlPath(key: string): string {
  const separator = /[./]/.exec(key)?.[0]
  return separator === '/' ? key : key.replace(/[./]/g, each => (each === '.' ? '/' : '.'))
}

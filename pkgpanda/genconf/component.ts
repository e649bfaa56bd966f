/** What a component of the suite adds to the configuration package: its files, and pieces of the environment of all services. */
import { faults } from './errors.ts'
import type { Values } from './parameter.ts'

/** A file of a package made here; `path` is relative to the package. Its mode is 0755 when executable, else 0644. */
export interface PackageFile {
  readonly path: string
  readonly content: string
  readonly executable?: true
}

/**
 * One file of `components/` each. A file for every role lies in `etc/`, one for a single role in `etc_master/`, `etc_slave/`
 * or `etc_slave_public/` (pkgpanda 1.5); a name must not be in both, since activation refuses such a conflict.
 */
export interface Component {
  readonly name: string
  files(values: Values): PackageFile[]
  environment?(values: Values): Record<string, string>
}

/** Everything the components add, files sorted by path. Throws GENCONF_COMPONENTS_CONFLICT. */
export function collectFiles(components: readonly Component[], values: Values): PackageFile[] {
  const owner = new Map<string, string>()
  const files = components.flatMap(component =>
    component.files(values).map(file => {
      const other = owner.get(file.path)
      if (other !== undefined) throw faults.COMPONENTS_CONFLICT(file.path, other, component.name)
      owner.set(file.path, component.name)
      return file
    }),
  )
  return files.sort((a, b) => (a.path < b.path ? -1 : 1))
}

export function collectEnvironment(components: readonly Component[], values: Values): Record<string, string> {
  const environment: Record<string, string> = {}
  const owner = new Map<string, string>()
  for (const component of components) {
    for (const [name, value] of Object.entries(component.environment?.(values) ?? {})) {
      const other = owner.get(name)
      if (other !== undefined) throw faults.COMPONENTS_CONFLICT(`environment: ${name}`, other, component.name)
      owner.set(name, component.name)
      environment[name] = value
    }
  }
  return environment
}

/** `{A: '1'}` → `A=1\n`: the syntax of systemd's EnvironmentFile=, for values that need no quotes. */
export function environmentFile(variables: Record<string, string>): string {
  return Object.entries(variables)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

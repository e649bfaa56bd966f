/** `pkgpanda list`: the repository's ids, grouped by name (pkgpanda 2.2). */
import type { RunCommand } from '../command.ts'
import { parsePackageId } from '../package/package-id.ts'
import { listPackages } from '../repository/repository.ts'

export const run: RunCommand = async ({ paths, out }) => {
  const packages = listPackages(paths.repository)
  out(formatList(packages))
  return { packages }
}

/** One version: `name--version`; several: `name:` and each version indented by two. `ids` is sorted. Pure. */
export function formatList(ids: readonly string[]): string {
  const groups = Map.groupBy(ids.map(parsePackageId), ({ name }) => name)
  return [...groups]
    .flatMap(([name, versions]) =>
      versions.length === 1
        ? versions.map(({ id }) => `${id}\n`)
        : [`${name}:\n`, ...versions.map(({ version }) => `  ${version}\n`)],
    )
    .join('')
}

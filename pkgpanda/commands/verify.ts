/** `pkgpanda verify [ID...]`: are packages what they were when they were unpacked; all active ones unless named (pkgpanda 7). */
import type { RunCommand } from '../command.ts'
import { faults } from '../errors.ts'
import { loadManifest } from '../package/manifest.ts'
import { type Difference, verifyPackage } from '../package/verify-package.ts'
import { hasPackage, readActive } from '../repository/repository.ts'

/** Of one package, in the JSON document. */
const DIFFERENCES_MAX = 1_000

export const run: RunCommand = async ({ paths: { repository, ...paths }, out }, ids) => {
  const named = ids.length > 0
  const different: string[] = []
  const unverifiable: string[] = []
  const packages: { id: string; verifiable: boolean; differences: Difference[] }[] = []
  for (const id of named ? ids : readActive({ repository, ...paths })) {
    if (!hasPackage(repository, id)) throw faults.PACKAGE_MISSING(id, repository)
    const manifest = loadManifest(repository, id)
    if (manifest === undefined) {
      out(`${id}: has no manifest, cannot be verified\n`)
      packages.push({ id, verifiable: false, differences: [] })
      if (named) unverifiable.push(id)
      continue
    }
    const differences: Difference[] = []
    for await (const difference of verifyPackage(repository, id, manifest)) {
      out(`${id}: ${formatDifference(difference)}\n`)
      // The text names all of them; of a package that is another one altogether the document need not.
      if (differences.length < DIFFERENCES_MAX) differences.push(difference)
    }
    packages.push({ id, verifiable: true, differences })
    if (differences.length > 0) different.push(id)
    else out(`${id}: ${manifest.size} entries, all as unpacked\n`)
  }
  if (different.length > 0) throw faults.PACKAGES_DIFFER(different.join(', ')).with({ packages })
  if (unverifiable.length > 0) throw faults.PACKAGE_UNVERIFIABLE(unverifiable.join(', ')).with({ packages })
  return { packages }
}

/** `changed bin/x (mode 755 expected, 777 found)`; a name of a stranger may hold anything, so that it is quoted then. */
export function formatDifference({ kind, path, why }: Difference): string {
  const plain = /^[\w./@+:,=~%-]+$/.test(path) ? path : JSON.stringify(path)
  return `${kind} ${plain}${why === '' ? '' : ` (${why})`}`
}

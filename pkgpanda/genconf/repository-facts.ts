/** What the last build left in the package repository that a cluster's configuration refers to (pkgpanda 3.1). */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Type } from 'typebox'
import { decode } from '../../src/shared/config/decode.ts'
import { loadIndex } from '../build/index-file.ts'
import { bootstrapPath, COMPLETE_FILE } from '../store/store-layout.ts'
import { faults } from './errors.ts'

export interface RepositoryFacts {
  readonly bootstrapId: string
  /** Of the bootstrap tarball, 64 hexadecimal digits. */
  readonly bootstrapSha256: string
  /** Ids in the bootstrap tarball. */
  readonly bootstrapPackages: readonly string[]
  /** Ids of the whole suite, the bootstrap's included. */
  readonly packages: readonly string[]
}

const idList = Type.Array(Type.String())
const complete = Type.Object({ bootstrap: Type.String({ pattern: '^[0-9a-f]{40}$' }), packages: idList })

/** Rejects with GENCONF_REPOSITORY_INCOMPLETE. */
export async function loadRepositoryFacts(repository: string): Promise<RepositoryFacts> {
  const { bootstrap, packages } = await load(repository, COMPLETE_FILE, complete)
  const bootstrapPackages = await load(repository, `bootstrap/${bootstrap}.active.json`, idList)
  const tarball = bootstrapPath(bootstrap)
  const entry = (await loadIndex(repository)).get(tarball)
  if (!entry) throw faults.REPOSITORY_INCOMPLETE(tarball, 'it is not in index.json')
  return { bootstrapId: bootstrap, bootstrapSha256: entry.sha256, bootstrapPackages, packages }
}

async function load<const S extends typeof complete | typeof idList>(repository: string, path: string, schema: S) {
  try {
    return decode(schema, JSON.parse(await readFile(join(repository, path), 'utf8')), path)
  } catch (error) {
    throw faults.REPOSITORY_INCOMPLETE(path, (error as Error).message).because(error)
  }
}

/** What a node activates beside the bootstrap's own packages: the rest of the suite and what was generated, sorted. */
export function clusterPackageIds(facts: RepositoryFacts, generated: readonly string[]): string[] {
  const bootstrap = new Set(facts.bootstrapPackages)
  return [...facts.packages.filter(id => !bootstrap.has(id)), ...generated].sort()
}

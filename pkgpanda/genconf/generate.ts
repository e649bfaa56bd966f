/** config.yaml + package repository → the cluster's own packages in that repository, and dcos_install.sh (pkgpanda 5.6). */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isFault } from '../../src/shared/errors/fault.ts'
import { writeFileAtomic } from '../../src/shared/fs/atomic-write.ts'
import { type IndexSigning, UNSIGNED } from '../build/index-signing.ts'
import { openRepository } from '../build/repository.ts'
import { formatJson } from '../disk/json-form.ts'
import { tarballPath } from '../store/store-layout.ts'
import { fullRecords } from './components/records.ts'
import { faults } from './errors.ts'
import { installScript } from './install/install-script.ts'
import { loadConfig } from './load-config.ts'
import { packageTarball } from './package-tarball.ts'
import { configPackage, type GeneratedPackage, metadataPackage, rolePackage } from './packages.ts'
import type { Values } from './parameter.ts'
import { parameters } from './parameters.ts'
import { noticeLines, problemLines } from './report.ts'
import { clusterPackageIds, loadRepositoryFacts } from './repository-facts.ts'
import { resolve } from './resolve.ts'
import { listOf } from './rules.ts'
import { readScripts } from './scripts.ts'
import { readTrustedKeys } from './trusted-keys.ts'

/** Served beside the packages, and written to the output directory. */
export const INSTALL_SCRIPT = 'dcos_install.sh'

export interface ValidConfig {
  /** The keys of config.yaml as they were given. */
  readonly user: Values
  readonly values: Values
  /** Keys that were accepted and do nothing, a sentence each. */
  readonly notices: readonly string[]
}

/** Rejects with GENCONF_FILE_UNREADABLE, GENCONF_FILE_MALFORMED, GENCONF_CONFIGURATION_INVALID. */
export async function loadValidConfig(configFile: string): Promise<ValidConfig> {
  const config = await loadConfig(configFile)
  const scripts = await readScripts(config.values, configFile)
  const keys = await readTrustedKeys(config.values, configFile)
  const user = { ...config.values, ...scripts.values, ...keys.values }
  const resolution = resolve(parameters, user, { ...scripts.problems, ...keys.problems, ...config.problems })
  const problems = problemLines(config, resolution, parameters)
  if (problems.length > 0) {
    throw faults
      .CONFIGURATION_INVALID(problems.length, problems.join('\n'))
      .with({ errors: resolution.errors, unset: resolution.unset })
  }
  return { user: config.values, values: resolution.values, notices: noticeLines(config, resolution) }
}

export interface Generated {
  /** Ids that a node activates, as in cluster-packages.json. */
  readonly clusterPackages: readonly string[]
  /** Ids of the packages made here. */
  readonly generated: readonly string[]
}

/**
 * Writes the packages and dcos_install.sh to `repository`, and `cluster-packages.json`, `dcos_install.sh` and the full records
 * (mode 0600) to `output`. The same input gives the same bytes. Rejects with GENCONF_REPOSITORY_INCOMPLETE,
 * GENCONF_OUTPUT_FAILED and the BUILD_ faults of the repository.
 */
export async function generate(
  config: ValidConfig,
  repository: string,
  output: string,
  signing: IndexSigning = UNSIGNED,
): Promise<Generated> {
  const facts = await loadRepositoryFacts(repository)
  const packages = [
    configPackage(config.user, config.values),
    metadataPackage(facts.bootstrapId, facts.packages),
    rolePackage(),
  ]
  const generated = packages.map(({ id }) => id)
  const clusterPackages = clusterPackageIds(facts, generated)
  const clusterPackagesText = formatJson(clusterPackages)
  const script = installScript({
    repositoryUrl: config.values.bootstrap_url ?? '',
    bootstrap: { id: facts.bootstrapId, sha256: facts.bootstrapSha256 },
    clusterPackages: clusterPackagesText,
    downloadDirectory: config.values.bootstrap_tmp_dir ?? '',
    trustedKeys: listOf(config.values.repository_trusted_keys ?? '[]'),
  })
  await writing(repository, () => publish(repository, packages, script, signing))
  await writing(output, async () => {
    await mkdir(output, { recursive: true })
    await writeFileAtomic(join(output, 'cluster-packages.json'), clusterPackagesText)
    await writeFileAtomic(join(output, INSTALL_SCRIPT), script, { mode: 0o755 })
    for (const { path, content } of fullRecords(config.user, config.values)) {
      await writeFileAtomic(join(output, path), content, { mode: 0o600 })
    }
  })
  return { clusterPackages, generated }
}

async function publish(
  repository: string,
  packages: readonly GeneratedPackage[],
  script: string,
  signing: IndexSigning,
): Promise<void> {
  await using writer = await openRepository(repository, undefined, signing)
  for (const { id, files } of packages) {
    // An id is a hash of the contents: what is there under it need not be made again.
    if (!(await writer.has(tarballPath(id)))) await writer.put(tarballPath(id), await packageTarball(files))
  }
  await writer.put(INSTALL_SCRIPT, script)
  await writer.commit()
}

async function writing(path: string, write: () => Promise<void>): Promise<void> {
  try {
    await write()
  } catch (error) {
    if (isFault(error)) throw error
    throw faults.OUTPUT_FAILED(path, (error as Error).message).because(error)
  }
}

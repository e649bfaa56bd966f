/** The whole build: every package in order, the bootstrap tarball, and the files that name the last of each. */
import { rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { loadSigningKey } from '../signing-keys.ts'
import {
  BOOTSTRAP_LATEST_FILE,
  bootstrapActivePath,
  bootstrapPath,
  COMPLETE_FILE,
  tarballPath,
} from '../store-layout.ts'
import { bootstrapIdOf, buildBootstrap } from './bootstrap-tarball.ts'
import { type BuildPlan, loadBuildPlan } from './build-plan.ts'
import { type BuilderContext, buildPackage, planPackage, resolveSources } from './builder.ts'
import type { BuildOptions } from './options.ts'
import { writePrograms } from './programs.ts'
import { openRepository } from './repository.ts'
import { openXzCache } from './xz-cache.ts'

export interface TreeSettings {
  /** Top folder of the project, with packages/ and node_modules/. */
  readonly root: string
  readonly cacheDirectory: string
  /** Is given each line of progress. */
  readonly report: (line: string) => void
}

export interface BuiltTree {
  /** Ids of all packages, sorted. */
  readonly packages: readonly string[]
  /** undefined with `--only`. */
  readonly bootstrap?: string
  /** Ids of what was not in the repository yet. */
  readonly built: readonly string[]
}

interface Build extends BuilderContext {
  readonly plan: BuildPlan
  readonly output: string
  readonly report: (line: string) => void
  /** Is given the id of what was built. */
  readonly built: string[]
}

/**
 * Rejects with BUILD_*: the first fault ends the build. Packages built until then stay, but nothing names them as the
 * last complete tree.
 */
export async function buildTree(options: BuildOptions, settings: TreeSettings): Promise<BuiltTree> {
  const { root, report } = settings
  const { output } = options
  const plan = await loadBuildPlan(options, root)
  const keys = (options.signKeys ?? []).map(loadSigningKey)
  await using repository = await openRepository(
    join(output, 'repository'),
    () => report('waiting for another build that writes to the same repository'),
    { keys, report },
  )
  const scratch = join(output, '.scratch')
  await using _scratch = {
    // Within the lock: nobody else has anything in it.
    [Symbol.asyncDispose]: () => rm(scratch, { recursive: true, force: true }),
  }
  const cache = openXzCache(join(settings.cacheDirectory, 'xz'), file =>
    report(`compressing ${basename(file)} (once for each version of it, takes a minute or two)`),
  )
  const build: Build = { root, repository, cache, scratch, plan, output, report, built: [] }

  await makeTools(build)
  const ids = await makePackages(build)
  const packages = [...ids.values()].sort()
  if (!plan.bootstrap) return { packages, built: build.built }

  const bootstrap = await makeBootstrap(plan.bootstrap.map(name => ids.get(name)!).sort(), build)
  await repository.put(BOOTSTRAP_LATEST_FILE, `${bootstrap}\n`)
  await repository.put(COMPLETE_FILE, `${JSON.stringify({ bootstrap, packages })}\n`)
  await repository.commit()
  return { packages, bootstrap, built: build.built }
}

async function makeTools({ plan, root, output, report }: Build): Promise<void> {
  for (const tool of plan.tools) {
    const programs = await writePrograms(tool, await resolveSources(tool, root), root, output)
    report(`${tool.name}: ${programs.map(program => `bin/${program}`).join(', ')} for work by hand, no package`)
  }
}

/** Name → id, of all packages of the plan. */
async function makePackages(build: Build): Promise<Map<string, string>> {
  const { plan, root, output, repository, report } = build
  const ids = new Map<string, string>()
  for (const { folder, dependencies } of plan.packages) {
    const started = performance.now()
    const resolved = await resolveSources(folder, root)
    // Dependencies come first, so their ids are known.
    const planned = await planPackage(
      folder,
      resolved,
      dependencies.map(name => ids.get(name)!),
      plan.runtime,
    )
    ids.set(folder.name, planned.id)
    await writePrograms(folder, resolved, root, output)
    if (await repository.has(tarballPath(planned.id))) {
      report(`${planned.id}: unchanged`)
      continue
    }
    await buildPackage(planned, build)
    // After each, so that what was built stays when a later package fails.
    await repository.commit()
    build.built.push(planned.id)
    report(`${planned.id}: built in ${seconds(started)}`)
  }
  return ids
}

/** The bootstrap's id. */
async function makeBootstrap(packageIds: readonly string[], build: Build): Promise<string> {
  const { repository, report } = build
  const started = performance.now()
  const id = bootstrapIdOf(packageIds)
  if ((await repository.has(bootstrapPath(id))) && (await repository.has(bootstrapActivePath(id)))) {
    report(`bootstrap ${id}: unchanged`)
    return id
  }
  await buildBootstrap(packageIds, build)
  build.built.push(id)
  report(`bootstrap ${id}: built in ${seconds(started)}`)
  return id
}

function seconds(started: number): string {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`
}

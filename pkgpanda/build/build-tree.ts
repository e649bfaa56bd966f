/** The whole build: every package, those that do not need each other at the same time, the bootstrap tarball, and the files that name the last of each. */
import { basename, join } from 'node:path'
import { loadSigningKey } from '../store/signing-keys.ts'
import {
  BOOTSTRAP_LATEST_FILE,
  bootstrapActivePath,
  bootstrapPath,
  COMPLETE_FILE,
  tarballPath,
} from '../store/store-layout.ts'
import { bootstrapIdOf, buildBootstrap } from './bootstrap-tarball.ts'
import { type BuildPlan, loadBuildPlan, type PlannedFolder } from './build-plan.ts'
import { buildPackage, planPackage, resolveSources, type ScriptContext } from './builder.ts'
import { openDependencies } from './dependency-view.ts'
import { faults } from './errors.ts'
import { chooseIsolation, type Isolation } from './isolation.ts'
import type { BuildOptions } from './options.ts'
import { createOrderedReport, type OrderedReport } from './ordered-report.ts'
import { writePrograms } from './programs.ts'
import { openRemote, type Remote } from './remote.ts'
import { openRepository } from './repository.ts'
import { runSteps } from './schedule.ts'
import { openScratch } from './scratch.ts'
import { loadUpstream } from './upstream.ts'
import { variantFile } from './variant.ts'
import { openXzCache } from './xz-cache.ts'

export interface TreeSettings {
  /** Top folder of the project, with packages/ and node_modules/. */
  readonly root: string
  readonly cacheDirectory: string
  /** Is given each line of progress. */
  readonly report: (line: string) => void
  /** Packages built at once. */
  readonly parallel: number
  /** Of this process; undefined: not known. */
  readonly uid: number | undefined
  /** Ends the build: what runs is killed, what was finished stays. Its reason is what the build rejects with. */
  readonly signal: AbortSignal
}

/** Where a build's results go, and how it is done. */
export interface BuildTarget {
  /** Where repository/, bin/ and programs/ go. */
  readonly output: string
  /** False: scripts run on the machine as it is, also where they need not. */
  readonly isolated: boolean
  /** Files of private keys that sign the index. */
  readonly signKeys?: readonly string[]
  /** Package store that is asked for an id before it is built. */
  readonly repositoryUrl?: string
  /** True: src/ and result/ of what is built stay, in `kept/<id>/`. */
  readonly keep?: boolean
}

export interface BuiltTree {
  /** Ids of all packages, sorted. */
  readonly packages: readonly string[]
  /** undefined with `--only`. */
  readonly bootstrap?: string
  /** Ids of what was not in the repository yet, sorted; the bootstrap's last. */
  readonly built: readonly string[]
}

export interface BuiltPlan extends BuiltTree {
  /** Key of each package of the plan → its id. */
  readonly ids: ReadonlyMap<string, string>
}

interface Build extends Omit<ScriptContext, 'cache' | 'signal'> {
  readonly plan: BuildPlan
  readonly settings: TreeSettings
  readonly output: string
  readonly remote: Remote | undefined
  /** Is given the id of what was built. */
  readonly built: string[]
  /** Writes the index, one call after the other. */
  readonly commit: () => Promise<void>
}

/** `npm run build`. Rejects as buildPlan() and loadBuildPlan() do. */
export async function buildTree(options: BuildOptions, settings: TreeSettings): Promise<BuiltTree> {
  const upstream = await loadUpstream(settings)
  const plan = await loadBuildPlan({ ...options, ...(upstream === undefined ? {} : { upstream }) }, settings.root)
  const { ids: _ids, ...tree } = await buildPlan(plan, options, settings)
  return tree
}

/**
 * Rejects with BUILD_* and PKGPANDA_*: the first fault ends the build. Packages built until then stay, but nothing names them
 * as the last complete tree.
 */
export async function buildPlan(plan: BuildPlan, target: BuildTarget, settings: TreeSettings): Promise<BuiltPlan> {
  const { root, cacheDirectory, report, uid, signal } = settings
  const { output } = target
  const keys = (target.signKeys ?? []).map(loadSigningKey)
  await using repository = await openRepository(
    join(output, 'repository'),
    () => report('waiting for another build that writes to the same repository'),
    { keys, report },
  )
  // Within the lock: nobody else has anything in it, and what is there is a killed build's.
  await using scratch = await openScratch(join(output, '.scratch'))
  const isolation: Isolation = target.isolated
    ? await chooseIsolation(uid, scratch.directory, signal)
    : { kind: 'none', why: 'as asked for' }
  if (isolation.kind === 'none') report(`build scripts run without isolation: ${isolation.why}`)
  const build: Build = {
    root,
    repository,
    scratch: scratch.directory,
    isolation,
    dependencies: openDependencies(repository.directory, join(scratch.directory, 'dependencies')),
    hidden: [root, output, cacheDirectory],
    ...(target.keep ? { keep: join(output, 'kept') } : {}),
    plan,
    settings,
    output,
    remote: target.repositoryUrl === undefined ? undefined : openRemote(target.repositoryUrl, scratch.directory),
    built: [],
    commit: inTurn(() => repository.commit()),
  }

  await makeTools(build)
  const ids = await makePackages(build)
  const packages = [...ids.values()].sort()
  const done = (): BuiltPlan => ({ ids, packages, built: build.built })
  build.built.sort()
  if (!plan.bootstrap) return done()

  const bootstrap = await makeBootstrap(plan.bootstrap.map(key => ids.get(key)!).sort(), build)
  await repository.put(variantFile(BOOTSTRAP_LATEST_FILE, plan.variant), `${bootstrap}\n`)
  await repository.put(variantFile(COMPLETE_FILE, plan.variant), `${JSON.stringify({ bootstrap, packages })}\n`)
  await build.commit()
  return { ...done(), bootstrap }
}

async function makeTools({ plan, output, settings }: Build): Promise<void> {
  const { report } = settings
  for (const tool of plan.tools) {
    const programs = await writePrograms(tool, await resolveSources(tool, { ...settings, warn: report }), output)
    report(`${tool.name}: ${programs.map(program => `bin/${program}`).join(', ')} for work by hand, no package`)
  }
}

/** Key → id, of all packages of the plan. */
async function makePackages(build: Build): Promise<Map<string, string>> {
  const { plan, settings } = build
  const { parallel, signal } = settings
  const lines = createOrderedReport(
    plan.packages.map(({ key }) => key),
    settings.report,
  )
  const planned = new Map(plan.packages.map(each => [each.key, each]))
  return await runSteps(plan.packages, { parallel, signal }, async (key, ids: ReadonlyMap<string, string>, signal) => {
    try {
      // The steps are the plan's packages.
      return await makePackage(planned.get(key)!, ids, { ...build, signal }, lines)
    } catch (error) {
      lines.line(key, `${key}: ${signal.aborted ? 'stopped' : 'failed, stopping the rest'}`)
      throw error
    } finally {
      lines.end(key)
    }
  })
}

/** The package's id, when the repository has it. */
async function makePackage(
  { key, folder, dependencies }: PlannedFolder,
  ids: ReadonlyMap<string, string>,
  build: Build & { readonly signal: AbortSignal },
  lines: OrderedReport,
): Promise<string> {
  const { plan, settings, output, repository, remote, signal } = build
  const started = performance.now()
  const line = (text: string) => lines.line(key, text)
  const resolved = await resolveSources(folder, { ...settings, signal, warn: text => line(`${key}: ${text}`) })
  // Dependencies come first, so their ids are known.
  const needed = dependencies.map(each => ids.get(each)!)
  const planned = await planPackage(folder, resolved, needed, plan.runtime)
  const { id, name, variant } = planned
  // Variants of a package have the same programs: by hand one works with the default ones.
  if (variant === '') await writePrograms(folder, resolved, output)
  const path = tarballPath(id)
  const latest = variantFile(`packages/${name}/latest`, variant)
  if (await repository.has(path)) {
    line(`${id}: unchanged`)
    if (await repository.has(latest, `${id}\n`)) return id
  } else {
    const fetched = await remote?.fetch(path, text => line(`${id}: ${text}`), signal)
    if (fetched) {
      await repository.put(path, fetched)
      line(`${id}: fetched in ${seconds(started)}`)
    } else {
      if (plan.buildable && !plan.buildable.has(key))
        throw faults.DEPENDENCY_NOT_BUILT([...plan.buildable].join(', '), id)
      await buildPackage(planned, { ...build, cache: xzCache(settings, line) })
      line(`${id}: built in ${seconds(started)}`)
    }
    build.built.push(id)
  }
  await repository.put(latest, `${id}\n`)
  // After each, so that what was built stays when a later package fails.
  await build.commit()
  return id
}

/** The bootstrap's id. */
async function makeBootstrap(packageIds: readonly string[], build: Build): Promise<string> {
  const { repository, settings } = build
  const { report, signal } = settings
  const started = performance.now()
  const id = bootstrapIdOf(packageIds)
  if ((await repository.has(bootstrapPath(id))) && (await repository.has(bootstrapActivePath(id)))) {
    report(`bootstrap ${id}: unchanged`)
    return id
  }
  await buildBootstrap(packageIds, { ...build, signal, cache: xzCache(settings, report) })
  build.built.push(id)
  report(`bootstrap ${id}: built in ${seconds(started)}`)
  return id
}

function xzCache({ cacheDirectory }: TreeSettings, line: (text: string) => void) {
  return openXzCache(join(cacheDirectory, 'xz'), file =>
    line(`compressing ${basename(file)} (once for each version of it, takes a minute or two)`),
  )
}

/** `work`, never twice at once: a call waits for those before it. */
function inTurn(work: () => Promise<void>): () => Promise<void> {
  let last: Promise<void> = Promise.resolve()
  return () => {
    last = last.catch(() => {}).then(work)
    return last
  }
}

function seconds(started: number): string {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`
}

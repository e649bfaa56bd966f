/** What mkpanda does in a folder: all variants of the package there, or the trees of packages/ (pkgpanda 3.4). */
import { basename, dirname, join } from 'node:path'
import { bootstrapPath, tarballPath } from '../../store/store-layout.ts'
import { loadBuildPlan, loadPackagePlan, treeVariants } from '../build-plan.ts'
import { type BuildTarget, buildPlan, type TreeSettings } from '../build-tree.ts'
import { faults } from '../errors.ts'
import { variantsIn } from '../package-folders.ts'
import { loadUpstream } from '../upstream.ts'
import { formatVariant, packageKey } from '../variant.ts'
import type { MkpandaOptions } from './options.ts'

type Settings = Omit<TreeSettings, 'root'>

/** `<variant>:<path>` of each package, or of each tree, that was built. Rejects as buildPlan() does. */
export async function mkpanda(options: MkpandaOptions, folder: string, settings: Settings): Promise<string[]> {
  return options.tree ? await buildTrees(options, folder, settings) : await buildVariants(options, folder, settings)
}

async function buildVariants(options: MkpandaOptions, folder: string, base: Settings): Promise<string[]> {
  const known = await variantsIn(folder)
  if (known.length === 0) throw faults.FOLDER_NOT_A_PACKAGE(folder)
  const { settings, target, search } = await openProject(options, dirname(folder), base)
  const name = basename(folder)
  const variants = options.variant === undefined ? known : [options.variant]
  const plan = await loadPackagePlan({ ...search, name, variants, recursive: options.recursive }, settings.root)
  const { ids } = await buildPlan(plan, target, settings)
  return variants.map(variant => {
    // The plan has every variant that was asked for.
    const id = ids.get(packageKey({ name, variant }))!
    return `${formatVariant(variant)}:${join(target.output, 'repository', tarballPath(id))}`
  })
}

async function buildTrees(options: MkpandaOptions, folder: string, base: Settings): Promise<string[]> {
  const { settings, target, search } = await openProject(options, folder, base)
  const lines: string[] = []
  for (const variant of options.variant === undefined ? await treeVariants(settings.root) : [options.variant]) {
    const plan = await loadBuildPlan({ ...search, variant, bootstrap: options.bootstrap }, settings.root)
    const { bootstrap } = await buildPlan(plan, target, settings)
    const made = bootstrap === undefined ? [] : [bootstrapPath(bootstrap)]
    lines.push(`${formatVariant(variant)}:${join(target.output, 'repository', ...made)}`)
  }
  return lines
}

/** `packages` is the folder of that name; its parent is the project. */
async function openProject(
  { output, keep, isolated, repositoryUrl }: MkpandaOptions,
  packages: string,
  base: Settings,
) {
  if (basename(packages) !== 'packages') throw faults.ARGUMENT_INVALID(`${packages} is not a folder named packages`)
  const settings: TreeSettings = { ...base, root: dirname(packages) }
  const target: BuildTarget = {
    output: output ?? join(settings.root, 'build'),
    keep,
    isolated,
    ...(repositoryUrl === undefined ? {} : { repositoryUrl }),
  }
  const upstream = await loadUpstream(settings)
  return {
    settings,
    target,
    search: { packagesDirs: [], packages: {}, ...(upstream === undefined ? {} : { upstream }) },
  }
}

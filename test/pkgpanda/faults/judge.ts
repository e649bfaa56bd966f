/** What must be true of a node after a fault, whatever the fault was. Pure, over the node as a tree. */
import { OLD, SWAPPED_NAMES } from '../../../pkgpanda/swap/install-paths.ts'
import { PACKAGES } from './packages.ts'
import { filterTree, formatTree, namesIn, sameTree, subtree, type Tree, treeDifference } from './tree.ts'

const REPOSITORY = 'root/packages'
/** Names that stand for work that has not ended. */
const HALF_DONE =
  /(^|\/)(\.[^/]*|[^/]*\.(new|older|copy|copied|tmp)|install_progress|install_recover|activation_trial)(\/|$)/
/** What a package held when it was unpacked lies beside the packages. */
const MANIFESTS = `${REPOSITORY}/.manifests`
/** Kept on purpose, bounded in age and size: the next fetch goes on with them. */
const PARTIAL_DOWNLOADS = `${REPOSITORY}/.part-`

/** The states between which a command moves, both undisturbed. */
export interface Ends {
  readonly old: Tree
  readonly new: Tree
}

export function isSwapping(node: Tree): boolean {
  return node.has('root/install_progress')
}

/**
 * The active set with all that is generated for it, and every other file of the node; neither packages, nor the generation
 * before, nor the record of changes, which has the time in it.
 */
export function activeSet(node: Tree): Tree {
  const others = [`${REPOSITORY}/`, 'state/pkgpanda']
  return filterTree(
    node,
    path => !others.some(other => path.startsWith(other)) && !isPrevious(path) && !HALF_DONE.test(path),
  )
}

/** The nine names of the generation before. */
export function previousSet(node: Tree): Tree {
  const names = SWAPPED_NAMES.map(name => `root/${name}${OLD}`)
  return filterTree(node, path => names.some(name => path === name || path.startsWith(`${name}/`)))
}

function isPrevious(path: string): boolean {
  return SWAPPED_NAMES.some(name => path === `root/${name}${OLD}` || path.startsWith(`root/${name}${OLD}/`))
}

/** Right after the fault, nothing mended yet. Gives what is wrong, a sentence each. */
export function judgeInterrupted(node: Tree, ends: Ends): string[] {
  const troubles = damagedPackages(node)
  if (isSwapping(node)) return troubles
  if (!isOneOf(generation(node), [generation(ends.old), generation(ends.new)])) {
    troubles.push(`no swap is under way, but the set is neither: ${difference(activeSet(ends.old), activeSet(node))}`)
  }
  return troubles
}

/** After the next command succeeded. `mustBeNew`: the old set is not an answer any more. */
export function judgeSettled(node: Tree, ends: Ends, mustBeNew: boolean): string[] {
  const troubles = damagedPackages(node)
  const left = [...node.keys()].filter(
    path => HALF_DONE.test(path) && !isManifest(node, path) && !path.startsWith(PARTIAL_DOWNLOADS),
  )
  if (left.length > 0) troubles.push(`left behind: ${left.slice(0, 5).join(', ')}`)
  const found = activeSet(node)
  const isNew = sameTree(found, activeSet(ends.new))
  if (!isNew && (mustBeNew || !sameTree(generation(node), generation(ends.old)))) {
    troubles.push(
      `the set is not ${mustBeNew ? 'the new one' : 'a whole one'}: ${difference(activeSet(ends.new), found)}`,
    )
  }
  const previous = stripped(previousSet(node))
  const whole = [ends.old, ends.new].flatMap(end => [stripped(previousSet(end)), nineNames(end)])
  if (!isOneOf(previous, whole)) {
    troubles.push(`the generation before is not whole: ${difference(nineNames(ends.old), previous)}`)
  }
  const ids = namesIn(node, REPOSITORY)
  const [before, after] = [namesIn(ends.old, REPOSITORY), namesIn(ends.new, REPOSITORY)]
  const lost = (isNew && mustBeNew ? after : before.filter(id => after.includes(id))).filter(id => !ids.includes(id))
  if (lost.length > 0) troubles.push(`packages are lost: ${lost.join(', ')}`)
  return troubles
}

/** The command itself has succeeded: nothing but what it is meant to do is done. */
export function judgeDone(node: Tree, ends: Ends): string[] {
  const troubles = judgeSettled(node, ends, true)
  const [ids, wanted] = [namesIn(node, REPOSITORY), namesIn(ends.new, REPOSITORY)]
  if (ids.join() !== wanted.join()) troubles.push(`packages ${wanted.join(', ')} expected, not ${ids.join(', ')}`)
  return troubles
}

/** Of a package that is there; one without its package is left over. */
function isManifest(node: Tree, path: string): boolean {
  if (path === MANIFESTS) return true
  const id =
    path.startsWith(`${MANIFESTS}/`) && path.endsWith('.json') ? path.slice(MANIFESTS.length + 1, -5) : undefined
  return id !== undefined && node.has(`${REPOSITORY}/${id}`)
}

function damagedPackages(node: Tree): string[] {
  return namesIn(node, REPOSITORY).flatMap(id => {
    const whole = PACKAGES.get(id)
    if (whole === undefined) return []
    const found = subtree(node, `${REPOSITORY}/${id}`)
    return sameTree(whole, found) ? [] : [`package ${id} is not whole: ${difference(whole, found)}`]
  })
}

/** The active set without what is made before the swap or removed after it, and does no harm to either set. */
function generation(node: Tree): Tree {
  return filterTree(activeSet(node), path => !/^(state\/|root\/(dcos\.target|bootstrap)$)/.test(path))
}

function nineNames(node: Tree): Tree {
  const found = new Map(
    [...node].flatMap(([path, entry]) =>
      path.startsWith('root/') ? [[path.slice('root/'.length), entry] as const] : [],
    ),
  )
  return filterTree(found, path => (SWAPPED_NAMES as readonly string[]).includes(path.split('/', 1)[0] ?? ''))
}

/** `root/bin.old/x` → `bin/x`. */
function stripped(previous: Tree): Tree {
  return new Map([...previous].map(([path, entry]) => [path.replace('root/', '').replace(OLD, ''), entry] as const))
}

function isOneOf(tree: Tree, candidates: readonly Tree[]): boolean {
  return candidates.some(candidate => sameTree(candidate, tree))
}

function difference(wanted: Tree, found: Tree): string {
  if (formatTree(found).length === 0) return 'nothing is there'
  return `\n  ${treeDifference(wanted, found).join('\n  ')}`
}

/** Who may import whom (docs/ARCHITECTURE.md, Layers). Pure: paths and texts in, sentences about what is wrong out. */
import { posix } from 'node:path'

export interface Import {
  /** As written: `node:fs`, `typebox/value`, `../errors.ts`. */
  specifier: string
  /** Types leave no trace at run time. */
  typeOnly: boolean
}

/** Topics of src/shared by layer, as in ARCHITECTURE.md; each layer may import itself and those before it. */
export const LAYERS: readonly (readonly string[])[] = [
  ['errors', 'time', 'log', 'fs', 'net', 'limits'],
  ['config', 'http', 'metrics', 'lifecycle', 'systemd', 'dns', 'archive', 'journal'],
  ['mesos', 'zookeeper', 'cluster'],
]
const LAYER_NAMES = ['base', 'kit', 'cluster']

/** pkgpanda runs before there is a cluster. */
const NOT_FOR_PKGPANDA = ['mesos', 'marathon']

/** Folders of test/ that may know several programs: they test how these fit. Every other one belongs to the program of its name. */
const ABOUT_ALL = [
  'bench',
  'clients',
  'contract',
  'faults',
  'house',
  'long',
  'run',
  'support',
  'support-mesos',
  'systemd',
  'testbed',
]

/** Names that say nothing about what is inside. */
const EMPTY_NAMES = ['utils', 'util', 'common', 'misc', 'lib', 'helpers']

/** Every import and re-export at the beginning of a line, and every `import('…')`. Text inside indented templates is not one. */
export function importsOf(source: string): Import[] {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
  const found: Import[] = []
  for (const [, words, specifier] of code.matchAll(/^(?:import|export)\b([^'"`;]*?)\bfrom '([^']+)'/gm)) {
    found.push({ specifier: specifier!, typeOnly: /^\s+type\b/.test(words!) })
  }
  for (const [, specifier] of code.matchAll(/^import '([^']+)'/gm))
    found.push({ specifier: specifier!, typeOnly: false })
  for (const [, specifier] of code.matchAll(/\bimport\('([^']+)'\)/g)) {
    found.push({ specifier: specifier!, typeOnly: false })
  }
  return found
}

/** `src/log/main.ts`, `../shared/x.ts` → `src/shared/x.ts`; undefined for a package or a part of Node.js. */
export function resolveImport(from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  return posix.join(posix.dirname(from), specifier)
}

/** `typebox/value` → `typebox`, `@napi-rs/lzma` → `@napi-rs/lzma`; undefined for files and parts of Node.js. */
export function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || specifier.startsWith('node:')) return undefined
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

/** What is wrong with `from` importing `specifier`, or undefined. `from` is a path from the root of the project. */
export function importTrouble(from: string, specifier: string): string | undefined {
  const target = resolveImport(from, specifier)
  const said = `${from} imports ${specifier}`
  if (target === undefined) {
    const tested = from.startsWith('test/')
    return !tested && specifier === 'tap' ? `${said}: tests only` : undefined
  }
  if (!/\.(ts|json|js|mjs)$/.test(specifier)) return `${said}: relative imports carry the file's extension`
  const own = placeOf(from)
  const other = placeOf(target)
  if (own.kind === 'test') {
    const strange = other.kind === 'program' && other.name !== own.name
    return strange && !ABOUT_ALL.includes(own.name) ? `${said}: test/${own.name} tests ${own.name}` : undefined
  }
  if (own.kind === 'packages') return undefined
  if (other.kind === 'test') return `${said}: the product needs no test`
  if (other.kind === 'unknown') return `${said}: that is in no folder of the product`
  if (own.kind === 'shared') {
    if (other.kind !== 'shared') return `${said}: shared code knows no program`
    const [mine, theirs] = [own, other].map(({ name }) => layerOf(name))
    if (mine === undefined) return `${from}: src/shared/${own.name} is in no layer`
    if (theirs === undefined) return `${said}: src/shared/${other.name} is in no layer`
    return theirs > mine ? `${said}: ${LAYER_NAMES[mine]} may not import ${LAYER_NAMES[theirs]}` : undefined
  }
  if (other.kind === 'program' && other.name !== own.name)
    return `${said}: programs know each other by what operators see`
  if (own.name === 'pkgpanda' && other.kind === 'shared' && NOT_FOR_PKGPANDA.includes(other.name)) {
    return `${said}: pkgpanda runs before there is a cluster`
  }
  return undefined
}

type Place =
  | { kind: 'shared'; name: string }
  | { kind: 'program'; name: string }
  | { kind: 'test' | 'packages' | 'unknown'; name: string }

function placeOf(path: string): Place {
  const [top = '', second = '', third = ''] = path.split('/')
  // Files beside the topics (version.ts) are for everybody and need nobody: the lowest layer.
  if (top === 'src' && second === 'shared') return { kind: 'shared', name: third.endsWith('.ts') ? 'errors' : third }
  if (top === 'src') return { kind: 'program', name: second }
  if (top === 'pkgpanda') return { kind: 'program', name: 'pkgpanda' }
  if (top === 'test' || top === 'packages') return { kind: top, name: second }
  return { kind: 'unknown', name: top }
}

function layerOf(topic: string): number | undefined {
  const layer = LAYERS.findIndex(topics => topics.includes(topic))
  return layer < 0 ? undefined : layer
}

/** Circles in `graph` (file → files it imports), each told once, as the files along it; the first is repeated at the end. */
export function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = []
  const done = new Set<string>()
  const path: string[] = []
  const visit = (file: string) => {
    const at = path.indexOf(file)
    if (at >= 0) {
      cycles.push([...path.slice(at), file])
      return
    }
    if (done.has(file)) return
    path.push(file)
    for (const next of graph.get(file) ?? []) visit(next)
    path.pop()
    done.add(file)
  }
  for (const file of graph.keys()) visit(file)
  return cycles
}

/** What is wrong with the name of a source file, or undefined. */
export function nameTrouble(path: string): string | undefined {
  const parts = path.split('/')
  const empty = parts.find(part => EMPTY_NAMES.includes(part.replace(/\..*$/, '')))
  if (empty !== undefined) return `${path}: '${empty}' names no topic`
  if (parts.at(-1) === 'index.ts') return `${path}: a barrel`
  const odd = parts.find(part => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9-]+)*$/.test(part))
  if (odd !== undefined) return `${path}: '${odd}' is not in kebab case`
  return undefined
}

/** What is wrong with the text of a source file of the product, or undefined: default exports, environment outside the edge. */
export function textTrouble(path: string, source: string): string | undefined {
  if (!path.endsWith('.d.ts') && /^export default\b/m.test(source)) return `${path}: a default export`
  if (/^export \* from /m.test(source)) return `${path}: re-exports all of another file`
  const code = source.replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '')
  const readsEnvironment = /(?<!')\bprocess\.env\b/.test(code)
  if (readsEnvironment && !isEdge(path))
    return `${path}: reads process.env, which only runDaemon and program entries do`
  return undefined
}

function isEdge(path: string): boolean {
  return path === 'src/shared/lifecycle/daemon.ts' || path.endsWith('/main.ts')
}

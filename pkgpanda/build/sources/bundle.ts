/**
 * Source kind `bundle`: a program as a folder. esbuild makes one minified CommonJS file of its entry (`main.js`), and one of each npm
 * package that it loads on demand; native modules, and `assets` (files that it reads by import.meta.dirname), are copied beside them;
 * NOTICES says what third-party code is in them; `launcher` is its sh wrapper.
 * Why this form: docs/decisions/0001-bundling-of-daemons.md.
 */
import { access } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import type { BuildResult, Message, Plugin } from 'esbuild'
import { type Static, Type } from 'typebox'
import { faults } from '../errors.ts'
import { formatLauncher, INSTALL_ROOT } from './launcher.ts'
import { formatNotices, loadNotices } from './notices.ts'
import { createOnDemand } from './on-demand.ts'
import { relativePath } from './relative-path.ts'
import { filesBelow, type SourceFile, sourceOfFiles } from './source-files.ts'
import type { SourceContext, SourceKind } from './source-kind.ts'

const schema = Type.Object(
  {
    kind: Type.Literal('bundle'),
    entry: relativePath,
    assets: Type.Optional(Type.Array(relativePath)),
    program: Type.String({ pattern: '^[a-z][a-z0-9-]*$' }),
    nodeFlags: Type.Optional(Type.Array(Type.String({ pattern: '^--[a-z][a-z0-9-]*(=[A-Za-z0-9._-]+)?$' }))),
  },
  { additionalProperties: false },
)

/** A program, as buildinfo.json names it. */
export type BundleSource = Static<typeof schema>

/** Warnings that mean a bundle which fails at run time: there is no import.meta in CommonJS, but for dirname (below). */
const FATAL_WARNINGS = new Set(['empty-import-meta', 'unsupported-dynamic-import', 'require-resolve-not-external'])

type Bundle = BuildResult<{ write: false; metafile: true }>

/** So many messages of esbuild are shown. */
const MESSAGES_MAX = 5

export const bundle: SourceKind<BundleSource> = {
  kind: 'bundle',
  schema,
  async resolve({ entry, assets = [], program, nodeFlags = [] }, context) {
    const launcher = formatLauncher({
      program,
      runtime: `${INSTALL_ROOT}/bin/node`,
      main: `${INSTALL_ROOT}/active/${context.packageName}/${program}/main.js`,
      nodeFlags,
    })
    return sourceOfFiles([
      ...(await bundleProgram(entry, context)),
      ...(await filesBelow(context.root, assets, context)).map(file => ({ ...file, path: basename(file.path) })),
      { path: 'launcher', content: Buffer.from(launcher), executable: true },
    ])
  },
}

/**
 * `main.js`, the files of what it loads on demand, NOTICES and `*.node` of a program. The same sources give the same bytes wherever the
 * project lies. Rejects with BUILD_SOURCE_MISSING, BUILD_BUNDLE_FAILED and BUILD_BUNDLE_LEAKS_PATH.
 */
async function bundleProgram(entry: string, context: SourceContext): Promise<SourceFile[]> {
  const { root, packageName, sourceName } = context
  await access(join(root, entry)).catch(() => {
    throw faults.SOURCE_MISSING(packageName, sourceName, entry)
  })
  const onDemand = createOnDemand()
  const main = await bundleFiles({ main: join(root, entry) }, [onDemand.plugin], entry, context)
  const packages = onDemand.packages(main.metafile)
  const bundles = [main]
  if (Object.keys(packages).length > 0) bundles.push(await bundleFiles(packages, [], entry, context))
  const files = bundles.flatMap(filesOf)
  // Not the bare root: where that is as short as /src, a library's own text may hold it.
  for (const path of [join(root, 'node_modules'), dirname(join(root, entry))])
    if (files.some(({ content }) => Buffer.from(content).includes(path)))
      throw faults.BUNDLE_LEAKS_PATH(packageName, entry, path)
  const inputs = bundles.flatMap(({ metafile }) => Object.keys(metafile.inputs))
  const notices = formatNotices(await loadNotices(root, inputs))
  return [...files, { path: 'NOTICES', content: Buffer.from(notices), executable: false }]
}

/** Rejects with BUILD_BUNDLE_FAILED, for warnings that matter too. */
async function bundleFiles(
  entryPoints: Record<string, string>,
  plugins: Plugin[],
  entry: string,
  context: SourceContext,
): Promise<Bundle> {
  const { root, packageName } = context
  const result = await loadEsbuild(context)
    .build({
      absWorkingDir: root,
      entryPoints,
      plugins,
      outdir: join(root, 'build', 'bundle'),
      write: false,
      bundle: true,
      platform: 'node',
      target: 'node24',
      // esbuild's table does not credit Node 24 with `await using`, which it runs: lowered, it is code that nobody wrote.
      // import() becomes require(): of another CommonJS file Node would find no named exports.
      supported: { using: true, 'dynamic-import': false },
      format: 'cjs',
      minify: true,
      // One character beyond Latin-1, and V8 holds all of the source at two bytes each.
      charset: 'ascii',
      legalComments: 'none', // NOTICES has the whole licences
      loader: { '.node': 'copy' },
      assetNames: '[name]',
      // Assets lie beside the bundle, wherever they lay beside their source.
      define: { 'process.env.NODE_ENV': '"production"', 'import.meta.dirname': '__dirname' },
      metafile: true,
      logLevel: 'silent',
      // A tsconfig of the machine's owner in a folder above must not change the output.
      tsconfigRaw: {},
    })
    .catch((error: { errors?: Message[] }) => {
      if (!error.errors) throw error
      throw faults.BUNDLE_FAILED(packageName, entry, describe(error.errors))
    })
  const fatal = result.warnings.filter(({ id }) => FATAL_WARNINGS.has(id))
  if (fatal.length > 0) throw faults.BUNDLE_FAILED(packageName, entry, describe(fatal))
  return result
}

/**
 * The project's own esbuild, which its lock pins: mkpanda has none in its bundle, and builds of a project must not depend on
 * which checkout's mkpanda made them. Throws BUILD_SOURCE_MISSING.
 */
function loadEsbuild({ root, packageName, sourceName }: SourceContext): typeof import('esbuild') {
  const load = createRequire(join(root, 'package.json'))
  try {
    return load('esbuild')
  } catch (error) {
    throw faults.SOURCE_MISSING(packageName, sourceName, "the npm package 'esbuild'").because(error)
  }
}

function filesOf(result: Bundle): (SourceFile & { content: Uint8Array })[] {
  return result.outputFiles
    .map(({ path, contents }) => ({ path: basename(path), content: contents, executable: false }))
    .sort((left, right) => (left.path < right.path ? -1 : 1))
}

function describe(messages: readonly Message[]): string {
  return messages
    .slice(0, MESSAGES_MAX)
    .map(({ text, location }) => (location ? `${location.file}:${location.line}: ${text}` : text))
    .join('; ')
}

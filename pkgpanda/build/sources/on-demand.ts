/** What a program loads on demand, `import('package')` in its own code, stays out of its main file, which V8 reads whole at each start. */
import type { Metafile, Plugin } from 'esbuild'

export interface OnDemand {
  /** For the bundle of the program itself. */
  readonly plugin: Plugin
  /** Name of the file without `.js` → npm package, of what the code of that bundle still loads: what nothing calls is not in it. */
  packages(bundle: Metafile): Record<string, string>
}

const IN_PACKAGE = /[\\/]node_modules[\\/]/

export function createOnDemand(): OnDemand {
  const packages = new Map<string, string>()
  return {
    packages({ outputs }) {
      const loaded = new Set(Object.values(outputs).flatMap(({ imports }) => imports.map(({ path }) => path)))
      return Object.fromEntries([...packages].filter(([name]) => loaded.has(fileOf(name))))
    },
    plugin: {
      name: 'on-demand',
      setup({ onResolve }) {
        onResolve({ filter: /^[^./]/ }, ({ path, kind, importer }) => {
          if (kind !== 'dynamic-import' || path.startsWith('node:') || IN_PACKAGE.test(importer)) return undefined
          const name = path.replace(/^@/, '').replaceAll(/[^a-z0-9]/g, '-')
          packages.set(name, path)
          return { path: fileOf(name), external: true }
        })
      },
    },
  }
}

function fileOf(name: string): string {
  return `./${name}.js`
}

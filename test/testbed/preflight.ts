/** What a machine must be before anything is done to it, and the tools that the bed needs beside those of testbed.sh. */
import { access, mkdir, statfs } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'
import { mustRun } from './command.ts'
import { faults } from './errors.ts'
import type { BedSettings } from './settings.ts'

/** Command → Debian package. testbed.sh installs its own tools. */
const TOOLS = { curl: 'curl', nsenter: 'util-linux', 'dpkg-deb': 'dpkg' }

const MEBIBYTE = 1024 * 1024
/** Images, compressed runtime and Prometheus on an empty cache; three nodes with their packages. */
const CACHE_MEBIBYTES = 1500
const STATE_MEBIBYTES = 1500

/** Throws BED_NOT_ROOT, BED_MACHINE_UNSUITABLE, BED_APT_MISSING, BED_SPACE_SHORT. */
export async function checkMachine(settings: BedSettings): Promise<void> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw faults.MACHINE_UNSUITABLE(`${process.platform} on ${process.arch}`)
  }
  if (process.getuid?.() !== 0) throw faults.NOT_ROOT()
  if (!(await onPath('apt-get'))) throw faults.APT_MISSING()
  await checkSpace(settings.cacheDirectory, CACHE_MEBIBYTES)
  await checkSpace(settings.directory, STATE_MEBIBYTES)
}

/** Installs what is missing. Throws BED_COMMAND_FAILED. */
export async function installTools(): Promise<void> {
  const missing = await missingPackages(TOOLS)
  if (missing.length > 0) await aptInstall(missing)
}

/** The Debian packages of those commands that this machine lacks; `tools` is command → package. */
export async function missingPackages(tools: Readonly<Record<string, string>>): Promise<string[]> {
  const missing = new Set<string>()
  for (const [command, name] of Object.entries(tools)) if (!(await onPath(command))) missing.add(name)
  return [...missing]
}

/** Installs Debian packages without their recommendations. Throws BED_COMMAND_FAILED. */
export async function aptInstall(names: readonly string[]): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  const apt = (...args: string[]) =>
    mustRun(`apt-get ${args[0]}`, 'apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', ...args], { env })
  const install = () => apt('install', '-y', '--no-install-recommends', ...names)
  // The package lists of a fresh machine are empty or stale: refresh them only if the first try fails.
  await install().catch(async () => {
    await apt('update')
    await install()
  })
}

async function checkSpace(directory: string, wantedMebibytes: number): Promise<void> {
  await mkdir(directory, { recursive: true })
  const { bavail, bsize } = await statfs(directory)
  const freeMebibytes = Math.floor((bavail * bsize) / MEBIBYTE)
  if (freeMebibytes < wantedMebibytes) throw faults.SPACE_SHORT(directory, freeMebibytes, wantedMebibytes)
}

async function onPath(command: string): Promise<boolean> {
  // A program that is called by its whole path needs no search.
  for (const directory of isAbsolute(command) ? ['/'] : (process.env.PATH ?? '').split(delimiter)) {
    const there = await access(join(directory, command)).then(
      () => true,
      () => false,
    )
    if (there) return true
  }
  return false
}

/**
 * A program out of a Debian package without installing it: installing would start its service on this machine. Kept in the cache by
 * the package's version.
 */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Absolute path of `file` (`usr/bin/prometheus`) of the newest version that apt knows. Rejects with apt's own message. */
export async function debianBinary(packageName: string, file: string, cacheDirectory: string): Promise<string> {
  let version = await candidateVersion(packageName)
  if (version === undefined) {
    // The package lists of a fresh machine are empty.
    await run('apt-get', ['-qq', 'update'])
    version = await candidateVersion(packageName)
  }
  if (version === undefined) throw new Error(`apt knows no package '${packageName}'`)
  const kept = join(cacheDirectory, 'debian', `${packageName}_${version.replace(/[^\w.+~-]/g, '_')}`)
  const binary = join(kept, file)
  if (existsSync(binary)) return binary
  await mkdir(join(cacheDirectory, 'debian'), { recursive: true, mode: 0o700 })
  // apt's download helper is another user and must be able to write here; the cache is root's alone.
  const directory = await mkdtemp(join(tmpdir(), 'debian-binary-'))
  try {
    await run('apt-get', ['-qq', 'download', packageName, '-o', 'APT::Sandbox::User=root'], { cwd: directory })
    const [archive = ''] = (await readdir(directory)).filter(name => name.endsWith('.deb'))
    const unpacked = `${kept}.${process.pid}`
    await run('dpkg-deb', ['-x', join(directory, archive), unpacked])
    await rm(kept, { recursive: true, force: true })
    await rename(unpacked, kept)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
  return binary
}

async function candidateVersion(packageName: string): Promise<string | undefined> {
  const { stdout } = await run('apt-cache', ['policy', packageName])
  const version = /Candidate: (\S+)/.exec(stdout)?.[1]
  return version === '(none)' ? undefined : version
}

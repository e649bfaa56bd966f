/**
 * A program out of a Debian package without installing it: installing would start its service on this machine. Kept in the cache by
 * the package's version.
 */
import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { mustRun } from '../testbed/command.ts'
import { faults } from '../testbed/errors.ts'

/** Absolute path of `file` (`usr/bin/prometheus`) of the newest version that apt knows. Throws BED_COMMAND_FAILED. */
export async function debianBinary(packageName: string, file: string, cacheDirectory: string): Promise<string> {
  const find = () => cachedBinary(packageName, file, join(cacheDirectory, 'debian'))
  // The package lists of a fresh machine are empty or stale: refresh them only if the first try fails.
  return await find().catch(async () => {
    await mustRun('apt-get update', 'apt-get', ['-qq', 'update'])
    return await find()
  })
}

async function cachedBinary(packageName: string, file: string, directory: string): Promise<string> {
  const version = await candidateVersion(packageName)
  const kept = join(directory, `${packageName}_${version.replace(/[^\w.+~-]/g, '_')}`)
  const binary = join(kept, file)
  if (await exists(binary)) return binary
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const scratch = await mkdtemp(join(directory, `.${packageName}-`))
  try {
    // -o: the download's own user may not write into a directory of root; apt would only warn about it.
    const download = ['-qq', '-o', 'APT::Sandbox::User=root', 'download', `${packageName}=${version}`]
    await mustRun(`apt-get download ${packageName}`, 'apt-get', download, { cwd: scratch })
    const [archive = ''] = (await readdir(scratch)).filter(name => name.endsWith('.deb'))
    const tree = join(scratch, 'tree')
    await mustRun('dpkg-deb', 'dpkg-deb', ['-x', join(scratch, archive), tree])
    if (!(await exists(join(tree, file))))
      throw faults.COMMAND_FAILED(`finding ${file} in ${packageName}`, 'failed', '')
    await rename(tree, kept).catch(async error => {
      // Another bed was faster.
      if (!(await exists(binary))) throw error
    })
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
  return binary
}

async function candidateVersion(packageName: string): Promise<string> {
  const what = `apt-cache policy ${packageName}`
  const policy = await mustRun(what, 'apt-cache', ['policy', packageName])
  const version = /Candidate: (\S+)/.exec(policy)?.[1]
  if (version === undefined || version === '(none)') throw faults.COMMAND_FAILED(what, 'knows no version', policy)
  return version
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

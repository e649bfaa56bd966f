/**
 * Debian's Prometheus without installing it: the package's own service must not start on this machine. The binary is
 * taken out of the package into the cache, once.
 */
import { access, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { mustRun } from '../../testbed/command.ts'

/** Path of the binary. Throws BED_COMMAND_FAILED when apt cannot download the package. */
export async function prometheusBinary(cacheDirectory: string): Promise<string> {
  const home = join(cacheDirectory, 'prometheus')
  const binary = join(home, 'usr/bin/prometheus')
  if (await exists(binary)) return binary

  await mkdir(cacheDirectory, { recursive: true })
  const scratch = await mkdtemp(join(cacheDirectory, '.prometheus-'))
  try {
    // -o: the download's own user may not write into a directory of root; apt would only warn about it.
    const download = () =>
      mustRun(
        'apt-get download prometheus',
        'apt-get',
        ['-qq', '-o', 'APT::Sandbox::User=root', 'download', 'prometheus'],
        {
          cwd: scratch,
        },
      )
    // The package lists of a fresh machine are empty or stale: refresh them only if the first try fails.
    await download().catch(async () => {
      await mustRun('apt-get update', 'apt-get', ['-qq', 'update'])
      await download()
    })
    const archive = (await readdir(scratch)).find(name => name.endsWith('.deb'))
    await mustRun('dpkg-deb', 'dpkg-deb', ['-x', join(scratch, archive ?? 'prometheus.deb'), join(scratch, 'tree')])
    await rename(join(scratch, 'tree'), home).catch(async error => {
      // Another bed was faster.
      if (!(await exists(binary))) throw error
    })
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
  return binary
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

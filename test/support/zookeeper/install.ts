/** Debian's own ZooKeeper for tests: the Java program without the package (zookeeperd) that would start it as a service. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

export const ZOOKEEPER_JAR = '/usr/share/java/zookeeper.jar'
export const JAVA = '/usr/bin/java'

/** Installs what is missing. Resolves to the reason why there is no ZooKeeper here, for `t.test(…, { skip })`, or false. */
export async function zooKeeperMissing(): Promise<string | false> {
  if (existsSync(ZOOKEEPER_JAR) && existsSync(JAVA)) return false
  if (process.getuid?.() !== 0) return 'needs ZooKeeper (libzookeeper-java) and Java; only root can install them'
  if (!existsSync('/usr/bin/apt-get')) return 'needs ZooKeeper and Java from Debian'
  // Without this directory, which slim images lack, the Java packages fail to configure.
  await mkdir('/usr/share/man/man1', { recursive: true })
  const packages = ['libzookeeper-java', 'default-jre-headless']
  const install = () =>
    run('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=300', 'install', '-y', '--no-install-recommends', ...packages], {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
  try {
    await install()
  } catch {
    // The package lists of a fresh machine are empty or out of date.
    await run('apt-get', ['-qq', 'update'])
    await install()
  }
  return false
}

/**
 * Has this master's ZooKeeper run without interruption since the ensemble was last seen complete? Then a service may start
 * although another master is down (pkgpanda 5.5). A life of the process is told by the modification time of its pid file.
 */
import { mkdir, readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { writeFileAtomic } from '../shared/fs/atomic-write.ts'

export interface ProcessPlaces {
  /** Usually /var/lib/dcos. */
  stateDirectory: string
  /** Usually /proc. */
  procfs: string
}

/** Written by Exhibitor's ZooKeeper, below the state directory. */
const PID_FILE = 'exhibitor/zk.pid'
/** Modification time of the pid file in ns, as decimal text: of the ZooKeeper that was seen in a complete ensemble. */
const SEEN_FILE = 'bootstrap/exhibitor_pid_stat'

export async function isSameZooKeeper(places: ProcessPlaces): Promise<boolean> {
  try {
    const seen = (await readFile(join(places.stateDirectory, SEEN_FILE), 'utf8')).trim()
    if ((await pidFileTime(places)) !== seen) return false
    const pid = (await readFile(join(places.stateDirectory, PID_FILE), 'utf8')).trim()
    if (!/^\d+$/.test(pid)) return false
    return (await readFile(join(places.procfs, pid, 'cmdline'), 'utf8')).includes('zookeeper')
  } catch {
    // A file is missing: nothing is known, so the ensemble has to be asked for.
    return false
  }
}

/** Notes that the ensemble is complete. Without a pid file there is nothing to note. Rejects with the system's errors. */
export async function noteZooKeeper(places: ProcessPlaces): Promise<void> {
  const time = await pidFileTime(places).catch(() => undefined)
  if (time === undefined) return
  const file = join(places.stateDirectory, SEEN_FILE)
  await mkdir(dirname(file), { recursive: true })
  await writeFileAtomic(file, time)
}

async function pidFileTime({ stateDirectory }: ProcessPlaces): Promise<string> {
  const { mtimeNs } = await stat(join(stateDirectory, PID_FILE), { bigint: true })
  return String(mtimeNs)
}

/** One directory in the form of /files/browse; nothing for a plain file. */

import type { Stats } from 'node:fs'
import { lstat, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Entries sorted by path. `shown` is the path the client asked for: the answer repeats it before each name. */
export async function listDirectory(real: string, shown: string) {
  if (!(await lstat(real)).isDirectory()) return []
  const names = (await readdir(real)).toSorted()
  const [users, groups] = await Promise.all([loadNames('/etc/passwd'), loadNames('/etc/group')])
  return Promise.all(
    names.map(async name => {
      const stats = await lstat(join(real, name))
      return {
        gid: groups.get(stats.gid) ?? String(stats.gid),
        mode: formatMode(stats),
        mtime: Math.floor(stats.mtimeMs / 1000),
        nlink: stats.nlink,
        path: join(shown, name),
        size: stats.size,
        uid: users.get(stats.uid) ?? String(stats.uid),
      }
    }),
  )
}

/** `drwxr-xr-x` */
export function formatMode(stats: Pick<Stats, 'mode' | 'isDirectory' | 'isSymbolicLink'>): string {
  const type = stats.isDirectory() ? 'd' : stats.isSymbolicLink() ? 'l' : '-'
  const bits = [...'rwxrwxrwx'].map((letter, i) => (stats.mode & (0o400 >> i) ? letter : '-'))
  return type + bits.join('')
}

/** Number → name, from passwd(5) or group(5): the name is the first field, the number the third. */
async function loadNames(file: string): Promise<Map<number, string>> {
  const lines = (await readFile(file, 'utf8')).split('\n')
  return new Map(lines.map(line => line.split(':')).map(([name = '', , id]) => [Number(id), name]))
}

/** Which mount points are measured: the mount table and the kernel's list of filesystems, decided without touching any of them. Pure. */

export interface Mount {
  device: string
  /** Mount point, octal escapes decoded. */
  path: string
  type: string
}

/** More mount points than this are a broken host; the rest is left out and counted. */
export const MOUNTS_MAX = 1000

/** proc_pid_mounts(5), fstab(5) form. Lines without three fields are passed over. */
export function parseMounts(text: string): Mount[] {
  const mounts: Mount[] = []
  for (const line of text.split('\n')) {
    const [device, path, type] = line.split(' ')
    if (device && path && type) mounts.push({ device: decodeOctal(device), path: decodeOctal(path), type })
  }
  return mounts
}

/** Types with a block device, from proc_filesystems(5): the lines without `nodev`. */
export function parseFilesystemTypes(text: string): Set<string> {
  const types = new Set<string>()
  for (const line of text.split('\n')) {
    const [nodev = '', type] = line.split('\t')
    if (nodev.trim() === '' && type) types.add(type.trim())
  }
  return types
}

/**
 * The mounts of 1.9: a type with a block device, or zfs, and a device other than `none`; one per mount point, the topmost. Network
 * filesystems are not of such a type, so that a dead server is never asked. DEPARTURE (metrics 3): `/` is there whatever its type
 * (overlay in a container, NFS on a diskless host), since the CLI shows the size of the disk from it.
 */
export function chooseMounts(
  mounts: readonly Mount[],
  types: ReadonlySet<string>,
): { chosen: Mount[]; leftOut: number } {
  const byPath = new Map<string, Mount>()
  for (const mount of mounts) {
    // The first of the table are covered by later ones at the same path.
    byPath.delete(mount.path)
    byPath.set(mount.path, mount)
  }
  const wanted = [...byPath.values()].filter(
    ({ device, path, type }) =>
      (path === '/' && type !== 'rootfs') || (device !== 'none' && (types.has(type) || type === 'zfs')),
  )
  return { chosen: wanted.slice(0, MOUNTS_MAX), leftOut: Math.max(0, wanted.length - MOUNTS_MAX) }
}

/** The kernel writes blanks, tabs, newlines and backslashes as `\040` and so on. */
function decodeOctal(text: string): string {
  if (!text.includes('\\')) return text
  return text.replace(/\\([0-3][0-7]{2})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
}

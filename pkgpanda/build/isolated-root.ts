/**
 * What a build script sees of the machine: a root of its own with the system's programs, the package's sources and the packages
 * it requires, at the paths of DC/OS's builder (pkgpanda 3.4). Written as the sh lines that mount it. Pure.
 */
import { INSTALL_ROOT } from './sources/launcher.ts'

export interface IsolatedRoot {
  /** An empty folder, over which the root is mounted. */
  readonly mountPoint: string
  /** The package's id. */
  readonly id: string
  /** Folders and the file of the build machine that become /pkg/src, /pkg/extra, /pkg/build, /tmp. */
  readonly sources: string
  readonly extra?: string
  readonly script: string
  readonly temporary: string
  /** Becomes /opt/mesosphere/packages/<id>. */
  readonly result: string
  /** The merged view of the packages required, with a folder for each in `packages/`, which becomes /opt/mesosphere. */
  readonly installRoot: string
  /** Id → folder of the unpacked package. */
  readonly dependencies: ReadonlyMap<string, string>
  /** Folders of the build machine that are nobody's business, wherever they lie. */
  readonly hidden: readonly string[]
}

/** Paths inside, for the variables of the script and for the search for paths that only exist while building. */
export const ISOLATED_PATHS = { sources: '/pkg/src', extra: '/pkg/extra', script: '/pkg/build' }

/** Names at the top of the file system through which programs and libraries are found. */
const SYSTEM_NAMES = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32']
/** Of /etc only what the linker of programs and Debian's alternatives need: no accounts, keys, proxies, resolvers. */
const ETC_NAMES = ['alternatives', 'ld.so.cache', 'ld.so.conf', 'ld.so.conf.d']
const DEVICES = ['null', 'zero', 'full', 'random', 'urandom']
/** The root holds mount points and a few links; scratch space is on disk. */
const ROOT_SIZE = '4m'
const SHARED_MEMORY_SIZE = '64m'

/** Lines for `sh -eu`, run in a mount namespace of its own; afterwards the root is the new one, and read-only. */
export function formatIsolatedRoot(root: IsolatedRoot): string {
  const { id, sources, extra, script, temporary, result, installRoot, dependencies, hidden, mountPoint } = root
  const packages = `${INSTALL_ROOT.slice(1)}/packages`
  return [
    'bind() { mount --bind "$1" "$2" 2>/dev/null || mount --rbind "$1" "$2"; }',
    // mount(8) keeps the flags that are there, which an ordinary user may not take off.
    'readonly_bind() { bind "$1" "$2"; mount -o remount,bind,ro,nosuid,nodev "$2"; }',
    `mount -t tmpfs -o mode=0755,nosuid,nodev,size=${ROOT_SIZE} build-root ${quote(mountPoint)}`,
    `cd ${quote(mountPoint)}`,
    `mkdir -p usr etc proc dev/shm run/lock var old tmp ${INSTALL_ROOT.slice(1)} pkg/src`,
    'ln -s ../tmp var/tmp; ln -s ../run var/run',
    'readonly_bind /usr usr',
    // Where the system has links into /usr, links; where it has folders, those.
    `for name in ${SYSTEM_NAMES.join(' ')}; do`,
    '  if [ -L "/$name" ]; then ln -s "$(readlink "/$name")" "$name"',
    '  elif [ -d "/$name" ]; then mkdir "$name"; readonly_bind "/$name" "$name"; fi',
    'done',
    `for name in ${ETC_NAMES.join(' ')}; do`,
    '  if [ -d "/etc/$name" ]; then mkdir "etc/$name"; elif [ -f "/etc/$name" ]; then : >"etc/$name"; else continue; fi',
    '  readonly_bind "/etc/$name" "etc/$name"',
    'done',
    "printf 'root:x:0:0:root:/pkg/src:/bin/sh\\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\\n' >etc/passwd",
    "printf 'root:x:0:\\nnogroup:x:65534:\\n' >etc/group",
    "printf '127.0.0.1 localhost\\n' >etc/hosts",
    `for name in ${DEVICES.join(' ')}; do : >"dev/$name"; mount --bind "/dev/$name" "dev/$name"; done`,
    'ln -s /proc/self/fd dev/fd; ln -s fd/0 dev/stdin; ln -s fd/1 dev/stdout; ln -s fd/2 dev/stderr',
    `mount -t tmpfs -o mode=1777,nosuid,nodev,size=${SHARED_MEMORY_SIZE} build-shm dev/shm`,
    'mount -t proc -o nosuid,nodev,noexec proc proc',
    `bind ${quote(sources)} pkg/src`,
    `: >pkg/build; readonly_bind ${quote(script)} pkg/build`,
    ...(extra === undefined ? [] : [`mkdir pkg/extra; readonly_bind ${quote(extra)} pkg/extra`]),
    `bind ${quote(temporary)} tmp`,
    `readonly_bind ${quote(installRoot)} ${INSTALL_ROOT.slice(1)}`,
    ...[...dependencies].map(([each, folder]) => `readonly_bind ${quote(folder)} ${quote(`${packages}/${each}`)}`),
    `bind ${quote(result)} ${quote(`${packages}/${id}`)}`,
    ...coveredPaths(hidden).map(path => `mount -t tmpfs -o ro,nosuid,nodev,size=4k hidden ${quote(path.slice(1))}`),
    'pivot_root . old',
    'cd /',
    'umount -l old',
    'rmdir old',
    'mount -o remount,bind,ro,nosuid,nodev /',
    'cd /pkg/src',
  ].join('\n')
}

/** Of folders, those that the bound system directories would show: an operator may build in /usr/src. */
export function coveredPaths(folders: readonly string[]): string[] {
  const shown = ['usr', ...SYSTEM_NAMES].map(name => `/${name}/`)
  const covered = folders.filter(folder => shown.some(top => folder.startsWith(top)))
  // Within one that is covered there is nothing left to be found.
  return covered.filter(each => !covered.some(other => other !== each && each.startsWith(`${other}/`)))
}

/** A word of sh. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

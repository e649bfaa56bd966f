/**
 * What a build script sees of the machine: a root of its own with the system's programs, the package's sources and the packages
 * it requires, at the paths of DC/OS's builder (pkgpanda 3.4). As a plan: what to make, what to mount. Pure.
 */
import { INSTALL_ROOT } from './sources/launcher.ts'

export interface IsolatedRoot {
  /** An empty folder, which becomes the root. */
  readonly mountPoint: string
  /** The package's id. */
  readonly id: string
  /** Folders and the file of the build machine that become /pkg/src, /pkg/extra, /pkg/build and the folder for temporary files. */
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

const TEMPORARY = 'tmp'
/** For the moment in which both roots are there. */
const OLD_ROOT = '/old'

/** Paths inside, for the variables of the script and for the search for paths that only exist while building. */
export const ISOLATED_PATHS = { sources: '/pkg/src', extra: '/pkg/extra', script: '/pkg/build' }

/** Names at the top of the file system through which programs and libraries are found. */
export const SYSTEM_NAMES = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32']
/** Of /etc only what the linker of programs and Debian's alternatives need: no accounts, keys, proxies, resolvers. */
export const ETC_NAMES = ['alternatives', 'ld.so.cache', 'ld.so.conf', 'ld.so.conf.d']
const DEVICES = ['null', 'zero', 'full', 'random', 'urandom']
const SHARED_MEMORY_SIZE = '64m'

/** What of SYSTEM_NAMES and ETC_NAMES the build machine has. */
export interface SystemLayout {
  /** Name → target; a system of today has links into /usr. */
  readonly links: ReadonlyMap<string, string>
  /** `/lib`, `/etc/alternatives`. */
  readonly folders: readonly string[]
  /** `/etc/ld.so.cache`. */
  readonly files: readonly string[]
}

export interface RootPlan {
  /** Below the root, parents before children. */
  readonly folders: readonly string[]
  /** Path below the root → text; many are only there to be mounted on. */
  readonly files: ReadonlyMap<string, string>
  readonly links: ReadonlyMap<string, string>
  /** The mounts, in their order, as fstab(5) has them: one mount(8) for all, since each one of its own costs as much as a bash. */
  readonly mounts: string
}

export function planIsolatedRoot(root: IsolatedRoot, layout: SystemLayout): RootPlan {
  const { mountPoint, id, sources, extra, script, temporary, result, installRoot, dependencies, hidden } = root
  const line = (what: string, where: string, type: string, options: string) =>
    `${[what, `${mountPoint}${where}`, type, options].map(escapeField).join(' ')} 0 0\n`
  const bind = (what: string, where: string) => line(what, where, 'none', 'bind')
  const readOnly = (what: string, where = what) => line(what, where, 'none', 'bind,ro,nosuid,nodev')
  const packages = `${INSTALL_ROOT}/packages`
  return {
    folders: [
      ...['usr', 'etc', 'proc', 'dev', 'dev/shm', 'run', 'var', TEMPORARY, 'opt', INSTALL_ROOT, 'pkg'],
      ...[ISOLATED_PATHS.sources, ISOLATED_PATHS.extra, OLD_ROOT, ...layout.folders],
    ],
    files: new Map([
      ['/etc/passwd', 'root:x:0:0:root:/pkg/src:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n'],
      ['/etc/group', 'root:x:0:\nnogroup:x:65534:\n'],
      ['/etc/hosts', '127.0.0.1 localhost\n'],
      [ISOLATED_PATHS.script, ''],
      ...[...layout.files, ...DEVICES.map(name => `/dev/${name}`)].map(path => [path, ''] as const),
    ]),
    links: new Map([
      ...[...layout.links].map(([name, target]) => [`/${name}`, target] as const),
      ...Object.entries({ [`var/${TEMPORARY}`]: `../${TEMPORARY}`, 'var/run': '../run', 'dev/fd': '/proc/self/fd' }),
      ...['stdin', 'stdout', 'stderr'].map((name, number) => [`/dev/${name}`, `fd/${number}`] as const),
    ]),
    mounts: [
      ...['/usr', ...layout.folders, ...layout.files].map(path => readOnly(path)),
      ...DEVICES.map(name => bind(`/dev/${name}`, `/dev/${name}`)),
      line('build-shm', '/dev/shm', 'tmpfs', `mode=1777,nosuid,nodev,size=${SHARED_MEMORY_SIZE}`),
      line('proc', '/proc', 'proc', 'nosuid,nodev,noexec'),
      bind(sources, ISOLATED_PATHS.sources),
      readOnly(script, ISOLATED_PATHS.script),
      ...(extra === undefined ? [] : [readOnly(extra, ISOLATED_PATHS.extra)]),
      bind(temporary, `/${TEMPORARY}`),
      readOnly(installRoot, INSTALL_ROOT),
      ...[...dependencies].map(([each, folder]) => readOnly(folder, `${packages}/${each}`)),
      bind(result, `${packages}/${id}`),
      ...coveredPaths(hidden).map(path => line('hidden', path, 'tmpfs', 'ro,nosuid,nodev,size=4k')),
    ].join(''),
  }
}

/** Lines for `sh -eu` in a mount namespace of its own, when the plan is carried out and `table` is the file with its mounts. */
export function formatEntry(mountPoint: string, table: string): string {
  const root = quote(mountPoint)
  return [
    // pivot_root(2) wants a mount.
    `mount --bind ${root} ${root}`,
    `mount --all --fstab ${quote(table)}`,
    `cd ${root}`,
    `pivot_root . ${OLD_ROOT.slice(1)}`,
    'cd /',
    `umount --lazy ${OLD_ROOT}`,
    'mount -o remount,bind,ro,nosuid,nodev /',
    `cd ${ISOLATED_PATHS.sources}`,
  ].join('\n')
}

/** Of folders, those that the bound system directories would show: an operator may build in /usr/src. */
export function coveredPaths(folders: readonly string[]): string[] {
  const shown = ['usr', ...SYSTEM_NAMES].map(name => `/${name}/`)
  const covered = folders.filter(folder => shown.some(top => folder.startsWith(top)))
  // Within one that is covered there is nothing left to be found.
  return covered.filter(each => !covered.some(other => other !== each && each.startsWith(`${other}/`)))
}

function escapeField(text: string): string {
  return text.replaceAll(/[\s\\#]/g, character => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`)
}

/** A word of sh. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

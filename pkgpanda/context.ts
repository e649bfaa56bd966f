/** From parsed options to a command's context: paths, roles, the lock, and the recovery that comes before any change. */
import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { systemClock } from '../src/shared/time/clock.ts'
import type { CommandContext, CommandOptions, CommandWorld } from './command.ts'
import { escapeControls } from './command-line/printable.ts'
import { drawProgress, NO_PROGRESS } from './command-line/progress.ts'
import type { Access } from './command-table.ts'
import { openDisk } from './disk/disk.ts'
import { isSystemDirectory } from './disk/system-directories.ts'
import { unlessAbsent } from './disk/unless-absent.ts'
import { faults } from './errors.ts'
import { compareIds } from './package/package-id.ts'
import { findOtherRoot, sweepRepository } from './repository/repository.ts'
import type { InstallPaths } from './swap/install-paths.ts'
import { acquireLock } from './swap/lock.ts'
import { describeRecovery, NOTHING_RECOVERED, recoverNode } from './swap/recover.ts'
import { dropStaging } from './swap/swap.ts'
import { hostUnitVerifier } from './units/unit-verifier.ts'

/** As commander names them. */
export interface ParsedOptions extends CommandOptions {
  configDir?: string
  root?: string
  repository?: string
  stateDirRoot?: string
  rootedSystemd?: boolean
  silent?: boolean
  /** False with --no-systemd. */
  systemd?: boolean
  /** False with --no-block-systemd. */
  blockSystemd?: boolean
}

export interface CommandAccess {
  readonly name: string
  readonly access: Access
}

/**
 * Takes the lock and recovers, as the command's access asks for; disposing frees the lock. Rejects with PKGPANDA_LOCKED,
 * PKGPANDA_ROOT_REFUSED and the faults of recoverNode.
 */
export async function createContext(
  { name, access }: CommandAccess,
  parsed: ParsedOptions,
  world: CommandWorld,
): Promise<CommandContext & AsyncDisposable> {
  const paths = installPaths(parsed)
  // Before the lock, which `--root=/` would take of a root that is nobody's.
  if (access !== 'read' && isSystemDirectory(paths.root)) throw faults.ROOT_REFUSED(paths.root)
  const warn = (line: string) => {
    if (!parsed.silent) world.err(`${escapeControls(line)}\n`)
  }
  // DEPARTURE (pkgpanda 2.5): 1.9 always waited for the target in setup. Our dcos-setup.service is ordered before
  // dcos.target (pkgpanda 7, boot order), so the target starts when setup has ended: waiting for it would never end.
  const noBlock = parsed.blockSystemd === false
  const systemctl = parsed.systemd === false ? undefined : world.systemctl(noBlock)
  const roles = readRoles(paths.configDirectory)
  const context: CommandContext = {
    paths,
    roles,
    warn,
    options: parsed,
    out: parsed.json ? () => {} : world.out,
    random: world.random,
    progress: world.progress ?? (parsed.silent || !world.isTerminal ? NO_PROGRESS : terminalProgress(world)),
    recovered: NOTHING_RECOVERED,
    surroundings: {
      paths,
      roles,
      systemctl,
      warn,
      disk: openDisk(),
      users: world.users,
      manualUsers: existsSync(join(paths.configDirectory, 'manual_host_users')),
      verifier: hostUnitVerifier,
      nonce: world.random,
      clock: systemClock,
      recoveryCommand: [...world.self, 'setup', ...pathOptions(parsed, paths)],
    },
  }
  if (access === 'read') return { ...context, [Symbol.asyncDispose]: async () => {} }
  const locks = [await acquireLock(paths.root, name)]
  const release = async () => {
    for (const lock of locks) await lock[Symbol.asyncDispose]()
  }
  try {
    // Its commands move and delete what is in our repository, and ours in theirs.
    const other = findOtherRoot(paths)
    if (other !== undefined) locks.push(await acquireLock(other, name))
    const recovered = access === 'lock' ? await recoverNode(context.surroundings) : NOTHING_RECOVERED
    for (const line of describeRecovery(recovered)) warn(line)
    // What was staged and never became active, and what an ended swap had no time to remove.
    if (access === 'lock') dropStaging(context.surroundings.disk, paths)
    // What a killed fetch left. Only below our own root: another root with the same repository has another lock.
    if (paths.repository.startsWith(`${paths.root}/`)) sweepRepository(paths.repository)
    return { ...context, recovered, [Symbol.asyncDispose]: release }
  } catch (error) {
    await release()
    throw error
  }
}

/** Absolute, since links are. --repository does not follow --root. */
export function installPaths(parsed: ParsedOptions): InstallPaths {
  const root = resolve(parsed.root ?? '/opt/mesosphere')
  const rootedSystemd = parsed.rootedSystemd ?? false
  return {
    root,
    rootedSystemd,
    repository: resolve(parsed.repository ?? '/opt/mesosphere/packages'),
    configDirectory: resolve(parsed.configDir ?? '/etc/mesosphere'),
    stateRoot: resolve(parsed.stateDirRoot ?? '/var/lib/dcos'),
    systemdDirectory: rootedSystemd ? root : '/etc/systemd/system',
  }
}

/** Names of the files in CONFIG/roles, sorted; none when there is no such directory. */
export function readRoles(configDirectory: string): string[] {
  return unlessAbsent(() => readdirSync(join(configDirectory, 'roles')), []).sort(compareIds)
}

function pathOptions(parsed: ParsedOptions, paths: InstallPaths): string[] {
  return [
    `--root=${paths.root}`,
    `--repository=${paths.repository}`,
    `--config-dir=${paths.configDirectory}`,
    `--state-dir-root=${paths.stateRoot}`,
    ...(paths.rootedSystemd ? ['--rooted-systemd'] : []),
    ...(parsed.systemd === false ? ['--no-systemd'] : []),
    ...(parsed.blockSystemd === false ? ['--no-block-systemd'] : []),
  ]
}

function terminalProgress({ err, columns = 80 }: CommandWorld) {
  return drawProgress({ columns, write: err, now: () => performance.now() })
}

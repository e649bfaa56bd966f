/** pkgpanda's command line: the table of commands, and what every one of them goes through (pkgpanda 2.1). */
import { Command, CommanderError } from 'commander'
import { isFault } from '../src/shared/errors/fault.ts'
import { VERSION } from '../src/shared/version.ts'
import type { CommandWorld, RunCommand } from './command.ts'
import { createContext, type ParsedOptions } from './context.ts'
import { errorPrefix, exitStatus } from './errors.ts'
import { normalizeArguments, OPTIONS, type OptionDefinition } from './options.ts'

interface CommandDefinition {
  readonly name: string
  /** commander's form: `<id...>` one or more, `[id...]` any number. */
  readonly words: string
  readonly summary: string
  /**
   * `lock`: changes the node, so it takes the lock and first finishes a swap that was interrupted. `lock-only`: the same
   * without recovery.
   */
  readonly access: 'read' | 'lock' | 'lock-only'
  /** Loaded when asked for, so that `pkgpanda list` does not wait for an unpacker. */
  readonly load: () => Promise<{ run: RunCommand }>
}

export const COMMANDS: readonly CommandDefinition[] = [
  {
    name: 'setup',
    words: '',
    access: 'lock',
    summary: 'bring the node up at boot: finish what was interrupted, install what is flagged',
    load: () => import('./commands/setup.ts'),
  },
  {
    name: 'fetch',
    words: '<id...>',
    access: 'lock',
    summary: 'get packages from a store into the repository',
    load: () => import('./commands/fetch.ts'),
  },
  {
    name: 'add',
    words: '<tarball>',
    access: 'lock',
    summary: 'unpack a tarball into the repository',
    load: () => import('./commands/add.ts'),
  },
  {
    name: 'list',
    words: '',
    access: 'read',
    summary: 'list the packages of the repository',
    load: () => import('./commands/list.ts'),
  },
  {
    name: 'active',
    words: '',
    access: 'read',
    summary: 'list the active packages',
    load: () => import('./commands/active.ts'),
  },
  {
    name: 'activate',
    words: '<id...>',
    access: 'lock',
    summary: 'make exactly these packages active',
    load: () => import('./commands/activate.ts'),
  },
  {
    name: 'swap',
    words: '<id>',
    access: 'lock',
    summary: 'replace the active version of one package',
    load: () => import('./commands/swap.ts'),
  },
  {
    name: 'show',
    words: '[id...]',
    access: 'read',
    summary: 'show what packages say about themselves',
    load: () => import('./commands/show.ts'),
  },
  {
    name: 'remove',
    words: '<id...>',
    access: 'lock',
    summary: 'remove inactive packages from the repository',
    load: () => import('./commands/remove.ts'),
  },
  {
    name: 'verify',
    words: '[id...]',
    access: 'read',
    summary: 'compare packages with what was unpacked; all active ones unless named',
    load: () => import('./commands/verify.ts'),
  },
  {
    name: 'check',
    words: '',
    access: 'read',
    summary: 'run the checks of the active packages',
    load: () => import('./commands/check.ts'),
  },
  // Also of a node whose journal is damaged: it deletes both generations anyway.
  {
    name: 'uninstall',
    words: '',
    access: 'lock-only',
    summary: 'stop everything and delete the install root',
    load: () => import('./commands/uninstall.ts'),
  },
]

/** Runs one command line (without the program's name). Resolves to the exit status: 0, 1, or 75 when another one is at work. */
export async function runCommandLine(argv: readonly string[], world: CommandWorld): Promise<number> {
  const program = buildProgram(world)
  try {
    await program.parseAsync(normalizeArguments(argv), { from: 'user' })
    return 0
  } catch (error) {
    // commander has written its usage or message by then; 0 for --help and --version.
    if (error instanceof CommanderError) return error.exitCode
    // Neither a fault nor refused by the system: a bug, whose stack is wanted.
    if (!isFault(error) && typeof (error as NodeJS.ErrnoException).code !== 'string') throw error
    world.err(`${formatError(error as Error)}\n`)
    return exitStatus(error)
  }
}

/** `Validation Error: sentence (CODE: remedy)`, one line, whatever is in a message of the system. */
export function formatError(error: Error): string {
  const help = isFault(error) ? ` (${error.code}: ${error.remedy})` : ''
  return `${errorPrefix(error)}${error.message}${help}`.replaceAll(/\s*\n\s*/g, '; ')
}

function buildProgram(world: CommandWorld): Command {
  const program = new Command('pkgpanda')
    .description('The package manager of a node: unpacked packages, and the set of them that is active.')
    .version(`pkgpanda ${VERSION}`, '--version', 'show the version')
    .configureOutput({ writeOut: world.out, writeErr: world.err })
    .helpOption('--help', 'show the usage')
    .helpCommand(false)
    .exitOverride()
    .showHelpAfterError()
  for (const { name, words, summary, access, load } of COMMANDS) {
    const command = program.command(words === '' ? name : `${name} ${words}`).description(summary)
    command.helpOption('--help', 'show the usage').copyInheritedSettings(program)
    const options: readonly OptionDefinition[] = OPTIONS
    for (const option of options) {
      if (option.name === '--help' || (option.command && !option.command.includes(name))) continue
      if (option.name === '--version') continue
      const flags = option.value === undefined ? option.name : `${option.name} <${option.value}>`
      if (option.multiple) command.option(flags, option.summary, (value, list: string[]) => [...list, value], [])
      else command.option(flags, option.summary)
    }
    command.action(async () => {
      const { run } = await load()
      await using context = await createContext({ name, access }, command.opts<ParsedOptions>(), world)
      await run(context, command.args)
    })
  }
  return program
}

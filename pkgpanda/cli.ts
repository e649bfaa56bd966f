/** pkgpanda's command line (pkgpanda 2.1): arguments, help, exit statuses and the form of failures; the commands stand in command-table.ts. */
import { Command, CommanderError } from 'commander'
import { type Fault, isFault } from '../src/shared/errors/fault.ts'
import { VERSION } from '../src/shared/version.ts'
import type { CommandWorld } from './command.ts'
import { describeCommand, describeProgram, helpColumns } from './command-line/help.ts'
import { escapeControls } from './command-line/printable.ts'
import { COMMANDS, type CommandDefinition } from './command-table.ts'
import type { ParsedOptions } from './context.ts'
import { formatJson } from './disk/json-form.ts'
import { errorPrefix, exitStatus, faults } from './errors.ts'
import { normalizeArguments } from './options.ts'
import { runCommand } from './run-command.ts'

/** On a build machine: makes packages from sources, by a program of its own (pkgpanda/build/README.md). */
const BUILD_COMMAND = 'build'

/** Runs one command line (without the program's name). Resolves to the exit status: 0, 1, or 75 when another one is at work. */
export async function runCommandLine(argv: readonly string[], world: CommandWorld): Promise<number> {
  // A line that is refused was not understood: whatever it says, this is asked for as it is written.
  let json = argv.includes('--json')
  const program = buildProgram(world, async (definition, parsed, words) => {
    json = parsed.json ?? false
    const result = await runCommand(definition, parsed, words, world)
    if (json) world.out(formatJson(result ?? {}))
  })
  try {
    // mkpanda's options are its own, prefixes and all.
    if (argv[0] === BUILD_COMMAND) {
      const { runBuilder } = await import('./build/sibling.ts')
      return await runBuilder(argv.slice(1), world.self.at(-1) ?? '')
    }
    await program.parseAsync(normalizeArguments(argv), { from: 'user' })
    return 0
  } catch (error) {
    // commander has written its usage or message by then; 0 for --help and --version.
    if (error instanceof CommanderError) {
      if (json && error.exitCode !== 0) world.out(formatJson({ error: errorJson(usageFault(error)) }))
      return error.exitCode
    }
    // Neither a fault nor refused by the system: a bug, whose stack is wanted.
    if (!isFault(error) && typeof (error as NodeJS.ErrnoException).code !== 'string') throw error
    if (json) world.out(formatJson({ error: errorJson(error as Error) }))
    world.err(`${formatError(error as Error)}\n`)
    return exitStatus(error)
  }
}

/** `Validation Error: sentence (CODE: remedy)`, one line, whatever is in a message of the system. */
export function formatError(error: Error): string {
  const help = isFault(error) ? ` (${error.code}: ${error.remedy})` : ''
  return escapeControls(`${errorPrefix(error)}${error.message}${help}`.replaceAll(/\s*\n\s*/g, '; '))
}

/** What `--json` says of a failure. */
export function errorJson(error: Error): Record<string, unknown> {
  if (isFault(error)) return { code: error.code, message: error.message, remedy: error.remedy, ...error.details }
  return { code: (error as NodeJS.ErrnoException).code, message: error.message }
}

/** What commander said, without its `error: ` and the help. */
function usageFault({ code, message }: CommanderError): Fault {
  return faults.USAGE(code === 'commander.help' ? 'a command is needed' : message.replace(/^error: /, ''))
}

type Action = (definition: CommandDefinition, parsed: ParsedOptions, words: readonly string[]) => Promise<void>

function buildProgram(world: CommandWorld, action: Action): Command {
  const columns = () => helpColumns(world.columns)
  const program = new Command('pkgpanda')
    .version(`pkgpanda ${VERSION}`, '--version', 'show the version')
    .configureOutput({
      ...{ writeOut: world.out, writeErr: world.err, getOutHelpWidth: columns, getErrHelpWidth: columns },
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .helpOption('--help', 'show the usage')
    .helpCommand(false)
    .exitOverride()
    .showHelpAfterError('Usage: pkgpanda <command> [options] [words]\nSee pkgpanda --help.')
  describeProgram(program)
  for (const definition of COMMANDS) {
    const { name, words } = definition
    const command = program.command(`${name} ${words}`.trim()).copyInheritedSettings(program)
    describeCommand(command, definition)
    // On stderr 1.9 showed how a command is used as well; all of its help would hide the mistake.
    command.showHelpAfterError(`Usage: pkgpanda ${name} ${command.usage()}\nSee pkgpanda ${name} --help.`)
    command.action(() => action(definition, command.opts<ParsedOptions>(), command.args))
  }
  return program
}

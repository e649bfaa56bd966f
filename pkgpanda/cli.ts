/** pkgpanda's command line (pkgpanda 2.1): arguments, help, exit statuses and the form of failures; the commands stand in command-table.ts. */
import { Command, CommanderError } from 'commander'
import { isFault } from '../src/shared/errors/fault.ts'
import { VERSION } from '../src/shared/version.ts'
import type { CommandWorld } from './command.ts'
import { COMMANDS, type CommandDefinition } from './command-table.ts'
import type { ParsedOptions } from './context.ts'
import { errorPrefix, exitStatus } from './errors.ts'
import { formatJson } from './json-form.ts'
import { normalizeArguments, OPTIONS, optionsOf } from './options.ts'
import { runCommand } from './run-command.ts'

export const DESCRIPTION = 'The package manager of a node: unpacked packages, and the set of them that is active.'

/** Runs one command line (without the program's name). Resolves to the exit status: 0, 1, or 75 when another one is at work. */
export async function runCommandLine(argv: readonly string[], world: CommandWorld): Promise<number> {
  let json = false
  const program = buildProgram(world, async (definition, parsed, words) => {
    json = parsed.json ?? false
    const result = await runCommand(definition, parsed, words, world)
    if (json) world.out(formatJson(result ?? {}))
  })
  try {
    await program.parseAsync(normalizeArguments(argv), { from: 'user' })
    return 0
  } catch (error) {
    // commander has written its usage or message by then; 0 for --help and --version.
    if (error instanceof CommanderError) return error.exitCode
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
  return `${errorPrefix(error)}${error.message}${help}`.replaceAll(/\s*\n\s*/g, '; ')
}

/** What `--json` says of a failure. */
export function errorJson(error: Error): Record<string, unknown> {
  if (isFault(error)) return { code: error.code, message: error.message, remedy: error.remedy, ...error.details }
  return { code: (error as NodeJS.ErrnoException).code, message: error.message }
}

type Action = (definition: CommandDefinition, parsed: ParsedOptions, words: readonly string[]) => Promise<void>

function buildProgram(world: CommandWorld, action: Action): Command {
  const program = new Command('pkgpanda')
    .description(DESCRIPTION)
    .version(`pkgpanda ${VERSION}`, '--version', 'show the version')
    .configureOutput({ writeOut: world.out, writeErr: world.err })
    .helpOption('--help', 'show the usage')
    .helpCommand(false)
    .exitOverride()
    .showHelpAfterError()
    .addHelpText('after', '\nA command and --help tell more. The manual page is pkgpanda(8).')
  for (const definition of COMMANDS) {
    const { name, words, summary, about, examples = [] } = definition
    const command = program.command(words === '' ? name : `${name} ${words}`).summary(summary)
    command.description([`${summary}.`, ...about].join('\n\n'))
    command.helpOption('--help', 'show the usage').copyInheritedSettings(program)
    for (const option of optionsOf(name, OPTIONS)) {
      const flags = option.value === undefined ? option.name : `${option.name} <${option.value}>`
      if (option.multiple) command.option(flags, option.summary, (value, list: string[]) => [...list, value], [])
      else command.option(flags, option.summary)
    }
    if (examples.length > 0)
      command.addHelpText('after', `\nExamples:\n${examples.map(line => `  ${line}`).join('\n')}`)
    command.action(() => action(definition, command.opts<ParsedOptions>(), command.args))
  }
  return program
}

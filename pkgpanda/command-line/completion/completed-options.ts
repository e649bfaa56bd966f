/** What the three completions ask of the tables alike. Pure. */
import type { CommandDefinition } from '../../command-table.ts'
import { type OptionDefinition, optionsOf } from '../../options.ts'

export interface CompletionTables {
  readonly commands: readonly CommandDefinition[]
  readonly options: readonly OptionDefinition[]
}

/** First lines of each file, behind the comment sign that all three shells share. */
export const HEAD_COMMENT = `# Completion of pkgpanda(8), generated from its table of commands: npm run golden writes it.
# Silent whatever fails: nobody wants an error in the middle of the line that is being typed.`

/**
 * For sed(1): the lines of `list --json` and `active --json` → ids. Only what has the form of an id: the shells expand the words
 * that they are given.
 */
export const IDS_OF_JSON = String.raw`s/^ *"\([A-Za-z0-9@._+-]*--[A-Za-z0-9@._+:]*\)".*/\1/p`

/** Options that every command has. */
export function commonOptions(options: readonly OptionDefinition[]): OptionDefinition[] {
  return optionsOf('', options)
}

/** Options of this command that not every one has. */
export function ownOptions(command: string, options: readonly OptionDefinition[]): OptionDefinition[] {
  return optionsOf(command, options).filter(({ commands }) => commands !== undefined)
}

/** Options that take a value, and those of them whose value is a path. */
export function valueOptions(options: readonly OptionDefinition[]): { all: string[]; paths: string[] } {
  const all = options.filter(({ value }) => value !== undefined)
  return { all: all.map(({ name }) => name), paths: all.filter(takesPath).map(({ name }) => name) }
}

export function takesPath({ value }: OptionDefinition): boolean {
  return value === 'path' || value === 'file' || value === 'directory'
}

/** Names of the commands whose words are completed alike. */
export function commandsBy(
  commands: readonly CommandDefinition[],
  kind: NonNullable<CommandDefinition['complete']>,
): string[] {
  return commands.filter(({ complete }) => complete === kind).map(({ name }) => name)
}

/** Kinds whose words are ids of the node, in the order of the shells' functions. */
export const ID_KINDS = ['package', 'active', 'inactive'] as const

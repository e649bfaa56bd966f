/** Form of `--help`: groups, a width that can be read, exit statuses and examples under it. Texts stand in the tables. */
import { type Command, Help, type HelpConfiguration, Option } from 'commander'
import type { CommandDefinition } from '../command-table.ts'
import { OPTIONS, type OptionDefinition, optionsOf } from '../options.ts'
import { BUILDING, DESCRIPTION, EXAMPLES, EXIT_STATUSES } from './program-description.ts'

/** Below, words would stand one a line; above, eyes lose the line. */
const COLUMNS_MIN = 40
const COLUMNS_MAX = 100
const COLUMNS_DEFAULT = 80
/** Of what stands beside a term; where there is less room, the terminal breaks the line. */
const WRAPPED_COLUMNS_MIN = 20

const OPTION_FORMS =
  'Options of a command may stand anywhere on the line, as --option VALUE or --option=VALUE, cut to any prefix that is not ambiguous.'

/** The width of a terminal, undefined when there is none → that of the help. */
export function helpColumns(terminalColumns: number | undefined): number {
  return Math.min(Math.max(terminalColumns || COLUMNS_DEFAULT, COLUMNS_MIN), COLUMNS_MAX)
}

/** Name, description, options and what follows them, for the program itself. */
export function describeProgram(program: Command): void {
  program
    .description(
      `${DESCRIPTION}\n\n${BUILDING}\n\nA command with --help tells more of it; the manual page is pkgpanda(8).`,
    )
    .usage('<command> [options] [words]')
    .optionsGroup('Options:')
    .configureHelp(
      helpForm(helper => [
        [helper.boxWrap(OPTION_FORMS, columnsOf(helper))],
        [
          'Exit status:',
          ...EXIT_STATUSES.map(([status, meaning]) => helper.formatItem(`${status}`, 2, meaning, helper)),
        ],
        ['Examples:', ...EXAMPLES.flatMap(([line, what]) => [`  # ${what}`, `  ${line}`])],
      ]),
    )
}

/** The same for one command: its own options first, those of every command under a heading of theirs. */
export function describeCommand(command: Command, definition: CommandDefinition): void {
  const { name, summary, about, examples = [], added } = definition
  command
    .summary(summary)
    .description([`${capitalize(summary)}.`, ...about].join('\n\n'))
    .helpGroup(added ? 'Commands that 1.9 had not:' : 'Commands:')
    .configureHelp(helpForm(() => (examples.length === 0 ? [] : [['Examples:', ...examples.map(line => `  ${line}`)]])))
  const isCommon = ({ commands }: OptionDefinition) => commands === undefined
  const options = optionsOf(name, OPTIONS)
  for (const option of [...options.filter(option => !isCommon(option)), ...options.filter(isCommon)]) {
    const flags = option.value === undefined ? option.name : `${option.name} <${option.value}>`
    const described = new Option(flags, option.summary).helpGroup(optionGroup(option))
    if (option.multiple) described.argParser<string[] | undefined>((value, values = []) => [...values, value])
    command.addOption(described)
  }
  command.addHelpOption(new Option('--help', 'show the usage').helpGroup(optionGroup({})))
}

function optionGroup({ commands }: Pick<OptionDefinition, 'commands'>): string {
  return commands === undefined ? 'Options of every command:' : 'Options:'
}

/** commander's own form with blocks of lines below it. */
function helpForm(blocks: (helper: Help) => string[][]): HelpConfiguration {
  return {
    minWidthToWrap: WRAPPED_COLUMNS_MIN,
    // Every command has options: the word would only push the summaries to the right.
    subcommandTerm: command => `${command.name()} ${command.usage().replace('[options]', '').trim()}`.trim(),
    formatHelp(command, helper) {
      const own = Help.prototype.formatHelp.call(helper, command, helper)
      return `${[own.trimEnd(), ...blocks(helper).map(lines => lines.join('\n'))].join('\n\n')}\n`
    },
  }
}

function columnsOf({ helpWidth = COLUMNS_DEFAULT }: Help): number {
  return helpWidth
}

export function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** The manual page pkgpanda(8), of the tables behind the command line: man(7) macros, for groff and mandoc alike. Pure. */
import type { CommandDefinition } from '../command-table.ts'
import { type OptionDefinition, optionsOf } from '../options.ts'
import { capitalize } from './help.ts'
import { BUILDING, DESCRIPTION, EXAMPLES, EXIT_STATUSES, FILES } from './program-description.ts'

export interface ManualTables {
  readonly commands: readonly CommandDefinition[]
  readonly options: readonly OptionDefinition[]
  readonly version: string
}

const ABOUT = [
  'A package is an immutable directory with a pkginfo.json, named by its id NAME--VERSION. The repository, /opt/mesosphere/packages, holds the unpacked ones. The active set, at most one version of each name, appears merged as links below /opt/mesosphere, and its units run.',
  'A change of the set is a transaction: everything new is written beside the old and brought to disk, then names are exchanged under a journal. Whatever ends it, a kill, a full disk or a power cut, the node has the old set or the new one: setup, and every other command that changes something, first finishes what was interrupted.',
  'One command at a time changes an install root; commands that only look never wait. Each change leaves a line in the journal, journalctl SYSLOG_IDENTIFIER=pkgpanda, and figures for Prometheus.',
]
const ABOUT_OPTIONS =
  'Options may stand anywhere on the line, as --option value or --option=value, cut to any prefix that is not ambiguous; an option marked with a plus sign was not in 1.9 and never makes a prefix of one that was ambiguous.'
const ABOUT_ERRORS =
  'A failure is one line on stderr: Validation Error, Package Error or ERROR, then what happened, then in parentheses a code that can be searched for and what to do. With --json the same stands on stdout as the member error.'

export function formatManualPage({ commands, options, version }: ManualTables): string {
  const isCommon = (option: OptionDefinition) => option.commands === undefined
  return [
    '.\\" Generated from the table of commands: npm run golden writes it.',
    // No date: the page is the same whenever it was written.
    macro('.TH', 'PKGPANDA', '8', '', `pkgpanda ${version}`, 'System Administration'),
    '.nh',
    '.SH NAME',
    text(`pkgpanda - ${DESCRIPTION.charAt(0).toLowerCase()}${DESCRIPTION.slice(1, -1)}`),
    '.SH SYNOPSIS',
    ...commands.flatMap(command => ['.br', synopsis(command)]).slice(1),
    '.SH DESCRIPTION',
    ...paragraphs([DESCRIPTION, ...ABOUT, BUILDING]),
    '.SH COMMANDS',
    ...commands.flatMap(command => describeCommand(command, options)),
    '.SH OPTIONS',
    text(ABOUT_OPTIONS),
    ...options.filter(isCommon).flatMap(describeOption),
    '.SS Options of some commands',
    ...options.filter(option => !isCommon(option)).flatMap(describeOption),
    '.SH EXIT STATUS',
    ...EXIT_STATUSES.flatMap(([status, meaning]) => tagged(`\\fB${status}\\fR`, meaning)),
    '.PP',
    text(ABOUT_ERRORS),
    '.SH FILES',
    ...FILES.flatMap(([path, what]) => tagged(`\\fI${text(path)}\\fR`, what)),
    '.SH EXAMPLES',
    ...EXAMPLES.flatMap(([line, what]) => [...paragraphs([`${capitalize(what)}:`]), ...typed(line)]),
    '.SH SEE ALSO',
    '.BR systemctl (1),',
    '.BR journalctl (1)',
    '',
  ].join('\n')
}

/** `pkgpanda fetch [OPTION...] ID...`, words in italics. */
function synopsis({ name, words }: CommandDefinition): string {
  const wanted = words.replaceAll(/<(\w+)(\.\.\.)?>|\[(\w+)(\.\.\.)?\]/g, (_, needed, many, free, manyFree) =>
    needed === undefined ? `[\\fI${free}\\fR${manyFree ?? ''}]` : `\\fI${needed}\\fR${many ?? ''}`,
  )
  return `\\fBpkgpanda ${text(name)}\\fR [\\fIoption\\fR...] ${wanted}`.trim()
}

function describeCommand(command: CommandDefinition, options: readonly OptionDefinition[]): string[] {
  const { name, summary, about, examples = [], added } = command
  const own = optionsOf(name, options).filter(({ commands }) => commands !== undefined)
  return [
    macro('.SS', added ? `${name} (+)` : name),
    synopsis(command),
    ...paragraphs([`${capitalize(summary)}.`, ...about]),
    ...(own.length === 0 ? [] : ['.PP', `${text('Options of its own:')} ${own.map(flags).join(', ')}.`]),
    ...examples.flatMap(typed),
  ]
}

function describeOption(option: OptionDefinition): string[] {
  const { summary, commands, added } = option
  const of = commands === undefined ? '' : ` Of ${commands.join(', ')}.`
  return tagged(`${flags(option)}${added ? ' (+)' : ''}`, `${capitalize(summary)}.${of}`)
}

function flags({ name, value }: OptionDefinition): string {
  return `\\fB${text(name)}\\fR${value === undefined ? '' : ` \\fI${text(value)}\\fR`}`
}

function paragraphs(texts: readonly string[]): string[] {
  return texts.flatMap(paragraph => ['.PP', text(paragraph)])
}

function tagged(tag: string, meaning: string): string[] {
  return ['.TP', tag, text(meaning)]
}

/** What is typed: indented, not filled. */
function typed(line: string): string[] {
  return ['.PP', '.RS 4', '.nf', text(line), '.fi', '.RE']
}

function macro(name: string, ...words: readonly string[]): string {
  return `${name} ${words.map(word => `"${text(word)}"`).join(' ')}`
}

/**
 * Text as roff(7) prints it unchanged: quotes and hyphens stay ASCII, so that what is copied from the page can be typed; a line
 * never begins with a control character.
 */
export function text(plain: string): string {
  return plain
    .replaceAll('\\', '\\e')
    .replaceAll(/["'`^~-]/g, character => ESCAPES[character] ?? character)
    .replaceAll(
      /[^\n\x20-\x7e]/gu,
      character => `\\[u${character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0')}]`,
    )
    .replaceAll(/^\./gm, '\\&.')
}

const ESCAPES: Readonly<Record<string, string>> = {
  '-': '\\-',
  "'": '\\(aq',
  '"': '\\(dq',
  '`': '\\(ga',
  '^': '\\(ha',
  '~': '\\(ti',
}

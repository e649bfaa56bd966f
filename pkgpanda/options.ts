/** Options of the command line (pkgpanda 2.1): the table, and the forms that 1.9 took but commander does not. Pure. */
import { faults } from './errors.ts'

export interface OptionDefinition {
  readonly name: `--${string}`
  /** Name of the value in the usage; absent for a switch. */
  readonly value?: string
  readonly summary: string
  /** May be given more than once, its values being a list. */
  readonly multiple?: true
  /** The only commands that know it; absent when all do. */
  readonly commands?: readonly string[]
  /** Not in 1.9: never makes a prefix ambiguous that was not so there. */
  readonly added?: true
}

export const OPTIONS = [
  { name: '--config-dir', value: 'path', summary: 'roles and setup flags [/etc/mesosphere]' },
  { name: '--no-systemd', summary: 'neither stop nor start services' },
  { name: '--no-block-systemd', summary: 'do not wait for services to start' },
  { name: '--root', value: 'path', summary: 'install root [/opt/mesosphere]' },
  { name: '--repository', value: 'path', summary: 'unpacked packages [/opt/mesosphere/packages]' },
  { name: '--rooted-systemd', summary: 'keep units below the install root' },
  {
    name: '--repository-url',
    value: 'url',
    multiple: true,
    summary: 'package store: http, https or file; may be repeated, the next is asked when one fails',
    commands: ['fetch'],
  },
  { name: '--list', summary: 'only list the checks', commands: ['check'] },
  { name: '--help', summary: 'show the usage' },
  { name: '--state-dir-root', value: 'path', summary: 'state directories of packages [/var/lib/dcos]', added: true },
  { name: '--silent', summary: 'no progress and no warnings on stderr', added: true },
  { name: '--json', summary: 'one JSON document on stdout instead of text', added: true },
  {
    name: '--allow-unverified',
    summary: 'take packages of a store that has no index of digests',
    commands: ['fetch', 'setup'],
    added: true,
  },
  {
    name: '--allow-unsigned',
    summary: 'take packages of a store whose index no trusted key has signed',
    commands: ['fetch', 'setup'],
    added: true,
  },
  { name: '--force', summary: 'replace a package that is there already', commands: ['fetch'], added: true },
  {
    name: '--all',
    summary: 'restart all units, not only changed ones',
    commands: ['activate', 'swap', 'rollback'],
    added: true,
  },
  {
    name: '--dry-run',
    summary: 'show what would change, change nothing',
    commands: ['activate', 'swap', 'rollback', 'gc'],
    added: true,
  },
  {
    name: '--check-timeout',
    value: 'duration',
    summary: 'go back to the old set unless units and checks are well within this time (30s, 5m)',
    commands: ['activate', 'swap'],
    added: true,
  },
  {
    name: '--keep',
    value: 'count',
    summary: 'inactive versions to keep of each package, newest first [1]',
    commands: ['gc'],
    added: true,
  },
  {
    name: '--purge',
    summary: 'also delete flags, roles and what the installer wrote',
    commands: ['uninstall'],
    added: true,
  },
  {
    name: '--purge-state',
    summary: 'with --purge: also delete the state of all packages',
    commands: ['uninstall'],
    added: true,
  },
  { name: '--version', summary: 'show the version', added: true },
] as const satisfies readonly OptionDefinition[]

/** The options of a command, in the order of the table; those of the program itself (`--help`, `--version`) left out. */
export function optionsOf(command: string, table: readonly OptionDefinition[] = OPTIONS): OptionDefinition[] {
  return table.filter(
    ({ name, commands }) => name !== '--help' && name !== '--version' && (!commands || commands.includes(command)),
  )
}

/**
 * Spells out unambiguous prefixes of long options (the upgrade script of 1.9 says `--no-block`) and puts all options
 * behind the command, since 1.9 took them anywhere on the line. Throws PKGPANDA_USAGE for an ambiguous prefix. Unknown
 * options are left for commander to refuse.
 */
export function normalizeArguments(argv: readonly string[], table: readonly OptionDefinition[] = OPTIONS): string[] {
  const options: string[] = []
  const words: string[] = []
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? ''
    if (word === '--') {
      words.push(...argv.slice(index + 1))
      break
    }
    if (!word.startsWith('--')) {
      if (word.startsWith('-') && word !== '-') options.push(word)
      else words.push(word)
      continue
    }
    const equals = word.indexOf('=')
    const given = equals === -1 ? word : word.slice(0, equals)
    const definition = findOption(given, table)
    options.push((definition?.name ?? given) + (equals === -1 ? '' : word.slice(equals)))
    if (definition?.value === undefined) continue
    const value = equals === -1 ? argv[++index] : word.slice(equals + 1)
    // Empty is what a variable that is not set leaves: as a path it would be the working directory.
    if (!value) throw faults.USAGE(`${definition.name} needs a value`)
    // Joined, so that a value that begins with - stays a value.
    if (equals === -1) options.push(`${options.pop()}=${value}`)
  }
  const [command, ...rest] = words
  return command === undefined ? options : [command, ...options, '--', ...rest]
}

/** Options of 1.9 first: `--c` was `--config-dir` there, whatever has come since. */
function findOption(given: string, table: readonly OptionDefinition[]): OptionDefinition | undefined {
  const exact = table.find(({ name }) => name === given)
  if (exact) return exact
  const candidates = table.filter(({ name }) => name.startsWith(given))
  const original = candidates.filter(({ added }) => !added)
  const meant = original.length > 0 ? original : candidates
  if (meant.length > 1) {
    throw faults.USAGE(`${given} is not a unique prefix: ${meant.map(({ name }) => name).join(', ')}`)
  }
  return meant[0]
}

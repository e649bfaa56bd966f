/** Options of the command line (pkgpanda 2.1): the table, and the forms that 1.9 took but commander does not. Pure. */
import { faults } from './errors.ts'

export interface OptionDefinition {
  readonly name: `--${string}`
  /** Name of the value in the usage; absent for a switch. */
  readonly value?: string
  readonly summary: string
  /** May be given more than once, its values being a list. */
  readonly multiple?: true
  /** The only command that knows it; absent when all do. */
  readonly command?: readonly string[]
}

export const OPTIONS = [
  { name: '--config-dir', value: 'path', summary: 'roles and setup flags [/etc/mesosphere]' },
  { name: '--no-systemd', summary: 'neither stop nor start services' },
  { name: '--no-block-systemd', summary: 'do not wait for systemctl' },
  { name: '--root', value: 'path', summary: 'install root [/opt/mesosphere]' },
  { name: '--repository', value: 'path', summary: 'unpacked packages [/opt/mesosphere/packages]' },
  { name: '--rooted-systemd', summary: 'keep units below the install root' },
  { name: '--state-dir-root', value: 'path', summary: 'state directories of packages [/var/lib/dcos]' },
  { name: '--silent', summary: 'no progress and no warnings on stderr' },
  {
    name: '--repository-url',
    value: 'url',
    multiple: true,
    summary: 'package store: http, https or file; may be repeated, the next is asked when one fails',
    command: ['fetch'],
  },
  {
    name: '--allow-unverified',
    summary: 'take packages of a store that has no index of digests',
    command: ['fetch', 'setup'],
  },
  {
    name: '--allow-unsigned',
    summary: 'take packages of a store whose index no trusted key has signed',
    command: ['fetch', 'setup'],
  },
  { name: '--force', summary: 'replace a package that is there already', command: ['fetch'] },
  { name: '--list', summary: 'only list the checks', command: ['check'] },
  { name: '--all', summary: 'restart all units, not only changed ones', command: ['activate', 'swap'] },
  { name: '--help', summary: 'show the usage' },
  { name: '--version', summary: 'show the version' },
] as const satisfies readonly OptionDefinition[]

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
    if (definition?.value !== undefined && equals === -1) {
      index += 1
      const value = argv[index]
      if (value === undefined) throw faults.USAGE(`${definition.name} needs a value`)
      // Joined, so that a value that begins with - stays a value.
      options.push(`${options.pop()}=${value}`)
    }
  }
  const [command, ...rest] = words
  return command === undefined ? options : [command, ...options, '--', ...rest]
}

function findOption(given: string, table: readonly OptionDefinition[]): OptionDefinition | undefined {
  const exact = table.find(({ name }) => name === given)
  if (exact) return exact
  const candidates = table.filter(({ name }) => name.startsWith(given))
  if (candidates.length > 1) {
    throw faults.USAGE(`${given} is not a unique prefix: ${candidates.map(({ name }) => name).join(', ')}`)
  }
  return candidates[0]
}

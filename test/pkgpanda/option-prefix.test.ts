/** Prefixes of options (pkgpanda 2.1): scripts of 1.9 may have cut any of its options to whatever was unambiguous there. */
import t from 'tap'
import { normalizeArguments, OPTIONS, type OptionDefinition } from '../../pkgpanda/options.ts'

/** The options of 1.9.10 by its usage text, not by our table: option → whether it takes a value. */
const OPTIONS_1_9: Readonly<Record<string, boolean>> = {
  '--config-dir': true,
  '--no-systemd': false,
  '--no-block-systemd': false,
  '--root': true,
  '--repository': true,
  '--rooted-systemd': false,
  '--repository-url': true,
  '--list': false,
  '--help': false,
}

/** What docopt made of it: the option itself, else the only one that begins so; undefined when there are several. */
function meantIn1_9(given: string): string | undefined {
  if (given in OPTIONS_1_9) return given
  const candidates = Object.keys(OPTIONS_1_9).filter(name => name.startsWith(given))
  return candidates.length === 1 ? candidates[0] : undefined
}

function prefixesOf(name: string): string[] {
  return Array.from({ length: name.length - 2 }, (_, index) => name.slice(0, index + 3))
}

t.test('every prefix of every option of 1.9 means what it meant there', async t => {
  let unique = 0
  for (const name of Object.keys(OPTIONS_1_9)) {
    for (const given of prefixesOf(name)) {
      const wanted = meantIn1_9(given)
      if (wanted === undefined) {
        t.throws(
          () => normalizeArguments(['list', given, 'x']),
          { code: 'PKGPANDA_USAGE', message: /unique prefix/ },
          given,
        )
        continue
      }
      unique += 1
      // A value that begins with - stays one.
      if (OPTIONS_1_9[wanted]) {
        t.strictSame(normalizeArguments(['list', given, '-x']), ['list', `${wanted}=-x`, '--'], given)
        t.strictSame(normalizeArguments([`${given}=-x`, 'list']), ['list', `${wanted}=-x`, '--'], `${given}=`)
      } else t.strictSame(normalizeArguments([given, 'list']), ['list', wanted, '--'], given)
    }
  }
  t.equal(unique, 56, 'unambiguous ones, counted by hand')
})

t.test('the table says what of it was in 1.9', async t => {
  const original = OPTIONS.filter((option: OptionDefinition) => !option.added)
  t.strictSame(
    Object.fromEntries(original.map((option: OptionDefinition) => [option.name, option.value !== undefined])),
    OPTIONS_1_9,
  )
})

t.test('prefixes of what has come since: unique among all', async t => {
  const added = OPTIONS.filter((option: OptionDefinition) => option.added)
  for (const { name } of added) {
    for (const given of prefixesOf(name)) {
      // Those of 1.9 were there first.
      if (Object.keys(OPTIONS_1_9).some(old => old.startsWith(given))) continue
      const candidates = added.filter(other => other.name.startsWith(given))
      const exact = added.find(other => other.name === given)
      const meant = exact ?? (candidates.length === 1 ? candidates[0] : undefined)
      if (meant) t.match(normalizeArguments(['list', `${given}=x`])[1], `${meant.name}=x`, given)
      else t.throws(() => normalizeArguments(['list', given]), { code: 'PKGPANDA_USAGE' }, given)
    }
  }
  for (const [given, wanted] of [
    ['--js', '--json'],
    ['--dry', '--dry-run'],
    ['--che=30s', '--check-timeout=30s'],
    ['--purge', '--purge'],
    ['--purge-s', '--purge-state'],
    ['--allow-unv', '--allow-unverified'],
    ['--st=/x', '--state-dir-root=/x'],
  ] as const)
    t.equal(normalizeArguments(['list', given])[1], wanted, given)
  // What nobody knows is left for the command to refuse.
  t.equal(normalizeArguments(['list', '--nonsense'])[1], '--nonsense')
})

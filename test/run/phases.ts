/** What `npm test` runs, in which order, and which of it a command line asks for. Pure. */

export interface RunOptions {
  /** Names of phases; all but `long` when none is given. */
  phases: readonly PhaseName[]
  /** Only the long test of this name. */
  longTest?: string
  coverage: boolean
  golden: boolean
}

export type PhaseName = 'types' | 'lint' | 'unit' | 'systemd' | 'long'

const EVERYDAY: readonly PhaseName[] = ['types', 'lint', 'unit', 'systemd']

/** Folders of test/ that are phases of their own; all other test files belong to `unit`. */
export const SYSTEM_TESTS = 'test/systemd/'
export const LONG_TESTS = 'test/long/'

export const USAGE = `npm test [-- OPTION...]
  --only PHASE,…     of types, lint, unit, systemd, long
  --long [NAME]      also what takes long; with NAME only test/long/NAME.test.ts
  --coverage         measure the unit tests' coverage
  --golden           rewrite the golden files: look at the difference before you commit it
`

/** Throws TypeError with a sentence. */
export function parseRunOptions(argv: readonly string[]): RunOptions {
  let phases: readonly PhaseName[] = EVERYDAY
  let longTest: string | undefined
  let coverage = false
  let golden = false
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i]!
    const next = argv[i + 1]
    if (argument === '--only') {
      phases = parsePhases(next ?? '')
      i++
    } else if (argument === '--long') {
      const named = next !== undefined && !next.startsWith('--')
      if (named) longTest = next
      if (named) i++
      phases = named ? ['long'] : [...EVERYDAY, 'long']
    } else if (argument === '--coverage') {
      coverage = true
      phases = ['unit']
    } else if (argument === '--golden') {
      golden = true
      phases = ['unit']
    } else if (argument !== '--') {
      throw new TypeError(`'${argument}' is not an option of npm test`)
    }
  }
  return { phases, coverage, golden, ...(longTest === undefined ? {} : { longTest }) }
}

function parsePhases(text: string): PhaseName[] {
  const known: readonly string[] = [...EVERYDAY, 'long']
  const names = text.split(',').filter(Boolean)
  const wrong = names.find(name => !known.includes(name))
  if (wrong !== undefined || names.length === 0) {
    throw new TypeError(`--only takes a list of ${known.join(', ')}, not '${text}'`)
  }
  return names as PhaseName[]
}

/** The test files of a phase, out of all that there are, as paths from the root of the project. */
export function testFiles(phase: PhaseName, all: readonly string[], longTest?: string): string[] {
  const tests = all.filter(path => path.startsWith('test/') && path.endsWith('.test.ts')).sort()
  if (phase === 'systemd') return tests.filter(path => path.startsWith(SYSTEM_TESTS))
  if (phase === 'long') {
    const long = tests.filter(path => path.startsWith(LONG_TESTS))
    return longTest === undefined ? long : long.filter(path => path === `${LONG_TESTS}${longTest}.test.ts`)
  }
  if (phase === 'unit') return tests.filter(path => !path.startsWith(SYSTEM_TESTS) && !path.startsWith(LONG_TESTS))
  return []
}

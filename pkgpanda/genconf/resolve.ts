/** What the user gave + the table of parameters → every value, or what is wrong and what is missing. Pure. */
import type { Parameter, Values } from './parameter.ts'
import { crossProblems } from './validate.ts'

export interface Resolution {
  readonly values: Values
  /** Key → what is wrong with its value. */
  readonly errors: Readonly<Record<string, string>>
  /** Keys that must be set and are not, sorted. */
  readonly unset: readonly string[]
  /** Given, but in no row of the table: accepted, since clients rely on it. */
  readonly unknown: readonly string[]
  /** Given, but without effect beside the other values (e.g. exhibitor_address when master_discovery is static). */
  readonly unused: readonly string[]
}

/** `problems`: keys whose value could not even be obtained (no string, no file), which are not reported as missing too. */
export function resolve(
  parameters: readonly Parameter[],
  user: Readonly<Record<string, string>>,
  problems: Readonly<Record<string, string>> = {},
): Resolution {
  const values: Record<string, string> = {}
  const errors: Record<string, string> = { ...problems }
  const unset: string[] = []
  const active = new Set<string>()

  for (const parameter of parameters) {
    const { name, when } = parameter
    if (when && values[when.name] !== when.is) continue
    active.add(name)
    if (errors[name] !== undefined) continue
    const given = user[name]
    if (parameter.from === 'computed' && given !== undefined) {
      errors[name] =
        `${name} must be calculated, but was explicitly set in the configuration. Remove it from the configuration.`
      continue
    }
    const value = given ?? ownValue(parameter, values)
    if (value === undefined) {
      if (parameter.from === 'required') unset.push(name)
      continue
    }
    const problem = parameter.rule.check(value)
    if (problem === undefined) values[name] = value
    else errors[name] = problem
  }

  const known = new Set(parameters.map(({ name }) => name))
  const given = Object.keys(user).sort()
  return {
    values,
    errors: { ...errors, ...crossProblems(values, errors) },
    unset: unset.sort(),
    unknown: given.filter(name => !known.has(name)),
    unused: given.filter(name => known.has(name) && !active.has(name)),
  }
}

function ownValue(parameter: Parameter, known: Values): string | undefined {
  if (!('value' in parameter)) return undefined
  return typeof parameter.value === 'string' ? parameter.value : parameter.value(known)
}

/** The sentence for a missing key. */
export function unsetProblem(name: string): string {
  return `Must set ${name}, no way to calculate value.`
}

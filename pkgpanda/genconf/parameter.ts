/** What a row of the table of configuration keys is (parameters.ts holds the rows). */
import type { Rule } from './rules.ts'

/** Resolved values by key; every value is a string (stringify.ts). */
export type Values = Readonly<Record<string, string>>

/** Undefined: cannot be known yet, because a value it is made of is missing or wrong. */
export type Compute = (known: Values) => string | undefined

interface ParameterBase {
  readonly name: string
  /** For docs/configuration.md: what it means, with units. */
  readonly docs: string
  readonly rule: Rule
  /** The row exists only where another key has this value. */
  readonly when?: { readonly name: string; readonly is: string }
  /** Left out of the readable copies of the configuration on a node. */
  readonly secret?: true
  /** Components (or `dcos_install.sh`) that read it today; empty: checked and kept for a component to come. */
  readonly readBy: readonly string[]
}

/** `required`: the user must give it. `default`: the user may. `optional`: has no value unless given. `computed`: the user must not. */
export type Parameter =
  | (ParameterBase & { readonly from: 'required' | 'optional' })
  | (ParameterBase & { readonly from: 'default' | 'computed'; readonly value: string | Compute })

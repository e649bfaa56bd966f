/**
 * Expected trouble, with a code that can be searched, a public message and a remedy. Everything that is not a Fault is a
 * bug and may crash the program. docs/ERRORS.md lists every code; test/house compares it with the registries.
 */

/** One entry of a registry. `Args` are what `message` needs to name the culprit. */
export interface FaultDefinition<Args extends unknown[] = never[]> {
  /** HTTP status when the fault answers a request. */
  status: number
  /** The public sentence: what happened, to what. Contract where a client of 1.9 sees it. */
  message: (...args: Args) => string
  /** What the operator or client can do about it, as an imperative sentence. */
  remedy: string
  /** Contract section, e.g. `log 3.2`. */
  contract?: string
}

export interface FaultOptions {
  cause?: unknown
}

/** An expected failure. Match on `code`, never on the class or the message. */
export class Fault extends Error {
  override readonly name = 'Fault'
  readonly code: string
  readonly status: number
  readonly remedy: string
  /** Facts beside the sentence that an answer in JSON carries, e.g. `missing_packages`. */
  details: Record<string, unknown> = {}

  constructor(code: string, status: number, message: string, remedy: string, options?: FaultOptions) {
    super(message, options)
    this.code = code
    this.status = status
    this.remedy = remedy
  }

  /** Adds facts for a JSON answer and returns the fault itself, for use in `throw`. */
  with(details: Record<string, unknown>): this {
    this.details = { ...this.details, ...details }
    return this
  }

  /** Sets the inner cause, which goes to the journal and never to a client. Returns the fault itself. */
  because(cause: unknown): this {
    this.cause = cause
    return this
  }
}

// biome-ignore lint/suspicious/noExplicitAny: the argument types of each entry are recovered by FaultMakers below
type Definitions = Record<string, FaultDefinition<any[]>>

export type FaultMakers<D extends Definitions> = {
  readonly [Name in keyof D]: (...args: Parameters<D[Name]['message']>) => Fault
}

/** Every registry that was defined, by its prefix: what test/house compares with docs/ERRORS.md. */
export interface FaultRegistry {
  readonly prefix: string
  readonly definitions: Readonly<Definitions>
}

const REGISTRY = Symbol('fault registry')

/**
 * Turns a table of faults into functions that make them: `throw faults.FIELD_NOT_ALLOWED(name)` makes the code
 * `LOG_FIELD_NOT_ALLOWED`. A wrong name or argument does not compile.
 */
export function defineFaults<const D extends Definitions>(prefix: string, definitions: D): FaultMakers<D> {
  const makers: Record<string, unknown> = {}
  for (const [name, { status, message, remedy }] of Object.entries(definitions)) {
    makers[name] = (...args: never[]) => new Fault(`${prefix}_${name}`, status, message(...args), remedy)
  }
  Object.defineProperty(makers, REGISTRY, { value: { prefix, definitions } })
  // The loop above made one function per entry, with that entry's arguments.
  return Object.freeze(makers) as FaultMakers<D>
}

/** The table behind `faults`, for the test that compares it with docs/ERRORS.md. */
export function registryOf(faults: object): FaultRegistry {
  const registry = (faults as { [REGISTRY]?: FaultRegistry })[REGISTRY]
  if (!registry) throw new TypeError('not made by defineFaults')
  return registry
}

/** True for expected trouble; with a code, for that one only. */
export function isFault(error: unknown, code?: string): error is Fault {
  return error instanceof Fault && (code === undefined || error.code === code)
}

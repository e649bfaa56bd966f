/**
 * Regular expressions of clients: RE2's syntax, by an engine whose time grows with the text alone, whatever the expression (decision
 * 0012). What a test costs is the size of the expression times the length of the text, so both are bounded.
 */
import type { RE2JS } from 're2js'
import { faults } from '../errors.ts'
import { regexSize } from './regex-size.ts'

/** Met by an entry that has a value of `field` in which `pattern` is found. */
export interface FieldRegex {
  readonly field: string
  readonly pattern: string
}

/** Of one request. */
export const REGEXES_MAX = 4
const PATTERN_MAX_LENGTH = 512
const SIZE_MAX = 1000

/** More of a value is not looked at. */
const TEXT_MAX_BYTES = 64 * 1024

/** Instructions times bytes of one test, which nothing can interrupt: some 150 ms at worst. */
const WORK_MAX = 4 * 1024 * 1024

/** What the engine may remember of texts, for all expressions of a request together; its own measure is 8 MiB for each. */
const MEMORY_MAX_BYTES = 1024 * 1024

export interface Regex {
  /** Whether it is found in the beginning of this value, read as UTF-8. */
  test(value: Uint8Array): boolean
}

/** The pattern as it is. Throws LOG_FILTER_REGEX_TOO_LONG, LOG_FILTER_REGEX_TOO_LARGE: all that can be said without the engine. */
export function checkPattern(pattern: string): string {
  if (pattern.length > PATTERN_MAX_LENGTH) throw faults.FILTER_REGEX_TOO_LONG(PATTERN_MAX_LENGTH)
  if (regexSize(pattern) > SIZE_MAX) throw faults.FILTER_REGEX_TOO_LARGE(pattern)
  return pattern
}

/**
 * One of `count` that a request has; up to 0.2 s of work. The engine is loaded by the first, since few requests need it. Rejects
 * with LOG_FILTER_REGEX_INVALID, and as `checkPattern` throws.
 */
export async function compileRegex(pattern: string, count = 1): Promise<Regex> {
  checkPattern(pattern)
  const { RE2JS, RE2JSException } = await import('re2js')
  let compiled: RE2JS
  try {
    compiled = RE2JS.compile(pattern)
  } catch (error) {
    if (error instanceof RE2JSException) throw faults.FILTER_REGEX_INVALID(error.message)
    throw error
  }
  limitMemory(compiled, MEMORY_MAX_BYTES / count)
  const textMaxBytes = Math.min(TEXT_MAX_BYTES, Math.floor(WORK_MAX / compiled.programSize()))
  return {
    test(value) {
      const bytes = Buffer.from(value.buffer, value.byteOffset, Math.min(value.length, textMaxBytes))
      return compiled.test(bytes.toString('utf8'))
    },
  }
}

/** By fields that its types show, though its manual does not: one more reason to name its version exactly. */
function limitMemory(compiled: RE2JS, maxBytes: number): void {
  const { dfa } = compiled.re2Input
  dfa.stateBudget = maxBytes
  dfa.memBudget = maxBytes
}

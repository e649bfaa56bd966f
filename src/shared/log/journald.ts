/**
 * Log lines for journald: `<N>` level prefix (sd-daemon(3)), a fixed sentence, then fields. One write a line, so that lines
 * of one process never mix. journald adds time, unit and pid itself.
 */
import { writeSync } from 'node:fs'
import { isFault } from '../errors/fault.ts'

/** Facts of a line; names carry their unit (`took_s`). Never tokens, never bodies. */
export type LogFields = Record<string, string | number | bigint | boolean | undefined>

export interface Log {
  /** We gave up. */
  error(sentence: string, fields?: LogFields): void
  /** We went on, and the sentence says how. */
  warning(sentence: string, fields?: LogFields): void
  /** Start, stop, change of state. */
  info(sentence: string, fields?: LogFields): void
  /** Per request; off unless asked for. */
  debug(sentence: string, fields?: LogFields): void
}

const LEVELS = { error: 3, warning: 4, info: 6, debug: 7 } as const

/** A line is cut here: journald's own LineMax= default, above which it would break the line in two. */
const LINE_MAX_BYTES = 48 * 1024

export interface LogOptions {
  /** Also write debug lines. */
  debug?: boolean
  write?: (line: string) => void
}

export function createLog({ debug = false, write = line => void writeSync(2, line) }: LogOptions = {}): Log {
  const at = (level: keyof typeof LEVELS) => (sentence: string, fields?: LogFields) => {
    try {
      write(formatLine(LEVELS[level], sentence, fields))
    } catch {
      // stderr is gone or full (EAGAIN on a pipe nobody reads): a daemon must not stop for its log.
    }
  }
  return { error: at('error'), warning: at('warning'), info: at('info'), debug: debug ? at('debug') : () => {} }
}

/** `<3>Sentence, with fields: path='/x' took_s=0.42\n`. Control characters are escaped, so a field cannot forge a line. */
export function formatLine(level: number, sentence: string, fields: LogFields = {}): string {
  let line = escapeControls(sentence)
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue
    line += ` ${name}=${typeof value === 'string' ? quote(value) : String(value)}`
  }
  return cutToBytes(`<${level}>${line}`, LINE_MAX_BYTES)
}

/** What is logged of an error that was handled: a fault's code, sentence, remedy and inner cause; else the message. */
export function errorFields(error: unknown): LogFields {
  if (!isFault(error)) return { error: error instanceof Error ? error.message : String(error) }
  return { code: error.code, error: error.message, cause: causeOf(error), remedy: error.remedy }
}

function causeOf(error: Error): string | undefined {
  if (error.cause === undefined) return undefined
  return error.cause instanceof Error ? error.cause.message : String(error.cause)
}

function quote(text: string): string {
  return `'${escapeControls(text.replace(/['\\]/g, '\\$&'))}'`
}

/** With the newline at most `limit` bytes of UTF-8, cut between characters. */
function cutToBytes(line: string, limit: number): string {
  if (Buffer.byteLength(line) < limit) return `${line}\n`
  const head = Buffer.from(line).subarray(0, limit - Buffer.byteLength('…\n'))
  // A character that was cut in two decodes to U+FFFD at the end.
  return `${head.toString('utf8').replace(/\ufffd+$/, '')}…\n`
}

function escapeControls(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f\u2028\u2029]/g, c =>
    c === '\n' ? '\\n' : `\\x${c.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
}

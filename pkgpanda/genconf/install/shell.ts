/** Texts of ours inside shell scripts. Pure. */
import type { Fault } from '../../../src/shared/errors/fault.ts'

/** A fault as a call of the script's function `fail CODE MESSAGE REMEDY`; `$name` in the message stays a variable. */
export function shellFail(fault: Fault): string {
  return `fail ${fault.code} ${expanding(fault.message)} ${literal(fault.remedy)}`
}

/** For values and texts without variables: `'it'\''s'`. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

function expanding(text: string): string {
  return `"${text.replace(/["\\`]/g, '\\$&')}"`
}

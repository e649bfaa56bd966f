/**
 * Drop-ins with the newer hardening directives, cut down to what this host's systemd accepts (units 9.4). Distributions
 * port directives back, so the version alone says little: `systemd-analyze verify` is asked, once per systemd version.
 */
import { createHash } from 'node:crypto'
import { extname } from 'node:path'

export interface UnitVerifier {
  /** First line of `systemctl --version`, the key of what has been learnt; undefined when systemd-analyze is missing. */
  readonly version: string | undefined
  /** What `systemd-analyze verify` says of a unit of this kind (`.service`), line by line; undefined when it did not come to an end. */
  verify(kind: string, text: string): string[] | undefined
}

/** What was learnt: digest of systemd version, kind and drop-in → accepted text. */
export type HardeningCache = Record<string, string>

/** After so many rounds of dropping lines a drop-in that still is not silent stays out altogether. */
const ROUNDS_MAX = 8

const SCRATCH: Record<string, string> = {
  '.service': '[Unit]\nDescription=Scratch: unit for a check\n[Service]\nExecStart=/bin/true\n',
  '.socket': '[Unit]\nDescription=Scratch: unit for a check\n[Socket]\nListenStream=/run/dcos-scratch.sock\n',
  '.timer': '[Unit]\nDescription=Scratch: unit for a check\n[Timer]\nOnBootSec=1min\n',
}

/**
 * The drop-in for `unit` with only those lines that give no message, or undefined when none is left or nobody can tell.
 * Adds what it learns to `cache`.
 */
export function acceptedHardening(
  unit: string,
  text: string,
  verifier: UnitVerifier,
  cache: HardeningCache,
): string | undefined {
  const kind = extname(unit)
  const scratch = SCRATCH[kind]
  if (verifier.version === undefined || scratch === undefined) return undefined
  const key = createHash('sha256').update(`${verifier.version}\n${kind}\n${text}`).digest('hex')
  const known = cache[key]
  const accepted = known ?? filterLines(text, scratch, candidate => verifier.verify(kind, candidate))
  // Not to be remembered: a host under load would go without until its systemd changes.
  if (accepted === undefined) return undefined
  cache[key] = accepted
  return accepted === '' ? undefined : accepted
}

/** Drops the lines that messages name by number until there is no message. Empty when that never comes, undefined when nobody answers. */
export function filterLines(
  text: string,
  scratch: string,
  verify: (candidate: string) => string[] | undefined,
): string | undefined {
  const offset = scratch.split('\n').length - 1
  let lines = text.split('\n')
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const messages = verify(scratch + lines.join('\n'))
    if (messages === undefined) return undefined
    if (messages.length === 0) return lines.some(isDirective) ? lines.join('\n') : ''
    const refused = new Set(messages.map(message => lineOf(message) - offset - 1))
    const kept = lines.filter((line, index) => !(refused.has(index) && isDirective(line)))
    if (kept.length === lines.length) return ''
    lines = kept
  }
  return ''
}

/** `/x/dcos-scratch.service:12: Unknown key name …` or, before 246, `[/x/dcos-scratch.service:12] Unknown lvalue …` → 12. */
function lineOf(message: string): number {
  return Number(/dcos-scratch\.[a-z]+:(\d+)[:\]]/.exec(message)?.[1] ?? Number.NaN)
}

function isDirective(line: string): boolean {
  return /^[A-Za-z]+=/.test(line)
}

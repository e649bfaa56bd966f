/** This node's address as the operator's script `detect_ip` tells it (metrics 1.3, log 6). */
import { execFile } from 'node:child_process'
import { isIP } from 'node:net'
import { promisify } from 'node:util'
import type { Fault } from '../errors/fault.ts'

/** The fault of the program that asks: the script, and why it does not tell. */
export type AddressUnknown = (command: string, why: string) => Fault

const DETECT_TIMEOUT_MS = 10_000
const OUTPUT_MAX_BYTES = 4096

/** Rejects with `unknown`. */
export async function detectAddress(
  command: string,
  unknown: AddressUnknown,
  timeoutMs: number = DETECT_TIMEOUT_MS,
): Promise<string> {
  let output: string
  try {
    const { stdout } = await promisify(execFile)(command, [], {
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      maxBuffer: OUTPUT_MAX_BYTES,
    })
    output = stdout
  } catch (error) {
    throw unknown(command, whyFailed(error as ExecFailure, timeoutMs)).because(error)
  }
  return parseAddress(output, command, unknown)
}

/** The script's output → the address in it. Throws `unknown`. */
export function parseAddress(output: string, command: string, unknown: AddressUnknown): string {
  const address = output.trim()
  if (isIP(address) === 0) throw unknown(command, `it printed '${address.slice(0, 100)}'`)
  return address
}

interface ExecFailure extends Error {
  killed?: boolean
  code?: string | number
  stderr?: string
}

function whyFailed({ killed, code, stderr, message }: ExecFailure, timeoutMs: number): string {
  if (killed) return `no end within ${timeoutMs} ms`
  const said = stderr?.trim().split('\n').at(-1)?.slice(0, 200)
  if (typeof code === 'number') return `exit status ${code}${said ? `, ${said}` : ''}`
  return code ?? message
}

/** The sh wrapper `bin/<program>`: a program is a folder of a package, run by the one runtime of the node with its V8 flags. */

/** Where activation puts everything; the paths in packages are written for it, whatever the real root is. */
export const INSTALL_ROOT = '/opt/mesosphere'

export interface Launch {
  readonly program: string
  /** Paths of the runtime and of the bundle's main.js, as words of sh. */
  readonly runtime: string
  readonly main: string
  readonly nodeFlags: readonly string[]
  /** A line of sh before it. */
  readonly prelude?: string
}

/** Text of the wrapper. `exec`, so that systemd sees the program itself: its pid, its signals, its exit status. */
export function formatLauncher({ program, runtime, main, nodeFlags, prelude }: Launch): string {
  const words = ['exec', runtime, ...nodeFlags, main, '"$@"']
  const lines = ['#!/bin/sh', `# Runs ${program} under the suite's own runtime.`, ...(prelude ? [prelude] : [])]
  return `${[...lines, words.join(' ')].join('\n')}\n`
}

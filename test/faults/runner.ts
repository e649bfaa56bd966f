/**
 * How a node is mended after a fault: by the program itself, or by its sources in this process, which takes a tenth of the time.
 * Where thousands of states are mended the second is enough: what is disturbed is always the program.
 */
import { installPaths } from '../../pkgpanda/context.ts'
import { runOn } from '../pkgpanda/node-fixture.ts'
import { type Program, type Run, runProgram } from './program.ts'
import { pathOptions } from './scenarios.ts'

/** Runs `pkgpanda WORDS...` on a node. */
export type Runner = (node: string, words: readonly string[]) => Promise<Run>

export function programRunner(program: Program): Runner {
  return (node, words) => runProgram(program, [...words, ...pathOptions(node)])
}

export const sourceRunner: Runner = async (node, words) => {
  const paths = installPaths({
    root: `${node}/root`,
    repository: `${node}/root/packages`,
    configDir: `${node}/config`,
    stateDirRoot: `${node}/state`,
    rootedSystemd: true,
  })
  const run = await runOn(paths, [...words, '--rooted-systemd', '--no-systemd'])
  return { ...run, signal: null }
}

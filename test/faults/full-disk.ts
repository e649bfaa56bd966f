/** Disks that are really full, in bytes or in inodes, before a command and in the middle of it. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isSwapping, judgeDone, judgeInterrupted, judgeSettled } from './judge.ts'
import { type Run, runProgram } from './program.ts'
import { pathOptions, recoveryScenario, type Scenario, scenarioNamed, type Workshop } from './scenarios.ts'
import { openSmallDisk } from './small-disk.ts'
import { readTree, writeTree } from './tree.ts'

interface FullDisk {
  readonly what: string
  readonly scenario: Scenario
  /** Instead of the scenario's own. */
  readonly words?: (directory: string) => readonly string[]
  readonly free: { readonly bytes?: number; readonly inodes?: number }
  /** `done`: it needs no room. */
  readonly ends: 'refused' | 'done'
}

const MEBIBYTE = 1024 * 1024
const DISK = { bytes: 32 * MEBIBYTE, inodes: 8_000 }
/** More than pkgpanda asks for with an archive of so many small files, less than they take. */
const MANY_FILES = 3_000
const MANY_ID = 'many--1'
const addMany = (directory: string) => ['add', join(directory, `${MANY_ID}.tar.xz`)]

export const FULL_DISKS: readonly FullDisk[] = [
  { what: 'activate without a byte', scenario: scenarioNamed('activate'), free: { bytes: 0 }, ends: 'refused' },
  { what: 'activate with 1 MiB', scenario: scenarioNamed('activate'), free: { bytes: MEBIBYTE }, ends: 'refused' },
  { what: 'activate without an inode', scenario: scenarioNamed('activate'), free: { inodes: 0 }, ends: 'refused' },
  { what: 'activate with 70 inodes', scenario: scenarioNamed('activate'), free: { inodes: 70 }, ends: 'refused' },
  { what: 'fetch without a byte', scenario: scenarioNamed('fetch'), free: { bytes: 0 }, ends: 'refused' },
  { what: 'fetch without an inode', scenario: scenarioNamed('fetch'), free: { inodes: 0 }, ends: 'refused' },
  { what: 'setup without a byte', scenario: scenarioNamed('first setup'), free: { bytes: 0 }, ends: 'refused' },
  {
    what: 'unpacking runs out of bytes',
    scenario: scenarioNamed('add'),
    words: addMany,
    free: { bytes: 9 * MEBIBYTE },
    ends: 'refused',
  },
  {
    what: 'unpacking runs out of inodes',
    scenario: scenarioNamed('add'),
    words: addMany,
    free: { inodes: 500 },
    ends: 'refused',
  },
  { what: 'recovery without a byte', scenario: recoveryScenario(12), free: { bytes: 0 }, ends: 'done' },
  { what: 'recovery without an inode', scenario: recoveryScenario(12), free: { inodes: 0 }, ends: 'done' },
  { what: 'remove without a byte', scenario: scenarioNamed('remove'), free: { bytes: 0 }, ends: 'done' },
  {
    what: 'uninstall without a byte',
    scenario: scenarioNamed('uninstall'),
    free: { bytes: 0, inodes: 0 },
    ends: 'done',
  },
]

/** Gives what is wrong, a sentence each. `scratch` is new. */
export async function runOnFullDisk(
  workshop: Workshop,
  { scenario, words, free, ends: expected }: FullDisk,
  scratch: string,
): Promise<string[]> {
  const [mountPoint, plain] = [join(scratch, 'disk'), join(scratch, 'plain')]
  for (const directory of [mountPoint, plain]) mkdirSync(directory, { recursive: true })
  if (words) packMany(scratch)
  // How it begins and how it is to end, on a disk with room.
  await scenario.start(workshop, plain)
  const start = readTree(plain)
  const done = await runProgram(workshop.program, [...scenario.words(workshop), ...pathOptions(plain)])
  if (done.status !== 0) return [`it fails on a disk with room: ${done.err}`]
  const ends = { old: start, new: readTree(plain) }

  await using disk = await openSmallDisk(mountPoint, DISK.bytes, DISK.inodes)
  const [node, seenAs] = [join(disk.path, 'node'), join(mountPoint, 'node')]
  const look = () => readTree(node, seenAs)
  const run = (...command: string[]): Promise<Run> =>
    runProgram(workshop.program, [...command, ...pathOptions(seenAs)], { by: disk.enter })
  writeTree(node, start, seenAs)
  disk.fill(free)
  const { status, err } = await run(...(words?.(scratch) ?? scenario.words(workshop)))
  const troubles: string[] = []
  if (expected === 'done') {
    if (status !== 0) troubles.push(`status ${status}: ${err}`)
    return [...troubles, ...judgeDone(look(), ends)]
  }
  if (status !== 1 || !/^(WARNING: .*\n)*ERROR: .*PKGPANDA_NO_SPACE.*\n$/.test(err)) {
    troubles.push(`PKGPANDA_NO_SPACE expected, not status ${status}: ${err}`)
  }
  const refused = look()
  troubles.push(...judgeInterrupted(refused, ends))
  if (isSwapping(refused)) troubles.push('the swap had begun')
  if (scenario.ends !== 'new') troubles.push(...judgeSettled(refused, ends, false))
  // With room again everything goes on.
  disk.empty()
  const again = await run(...scenario.words(workshop))
  if (again.status !== 0) troubles.push(`with room again status ${again.status}: ${again.err}`)
  return [...troubles, ...judgeDone(look(), ends)]
}

function packMany(directory: string): void {
  const unpacked = join(directory, MANY_ID)
  mkdirSync(join(unpacked, 'etc'), { recursive: true })
  writeFileSync(join(unpacked, 'pkginfo.json'), '{}')
  for (let index = 0; index < MANY_FILES; index++) writeFileSync(join(unpacked, 'etc', String(index)), 'x')
  execFileSync('tar', ['--create', '--xz', `--directory=${unpacked}`, `--file=${unpacked}.tar.xz`, '.'])
}

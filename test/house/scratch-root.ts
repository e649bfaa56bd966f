/** A root for `systemd-analyze --root`: our units with their drop-ins, programs that are there but do nothing. */
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { ROOT } from './project-files.ts'

/** What every unit depends on without saying so; systemd-analyze wants them to be there. */
const TARGETS = ['basic', 'shutdown', 'sockets', 'sysinit', 'timers']

const ANALYZE_TIMEOUT_MS = 60_000

export interface ScratchRoot extends Disposable {
  /** A file below /etc/systemd/system, besides those of units/. */
  addUnit(path: string, text: string): void
  /** What `systemd-analyze verify` says; empty when all is well. */
  verify(units: readonly string[]): string
  /** Exposure of a service: 0 best, 10 worst. Drop-ins count. */
  exposure(service: string): number
}

export function createScratchRoot(programs: readonly string[]): ScratchRoot {
  const root = mkdtempSync(join(tmpdir(), 'dcos-house-'))
  const systemUnits = join(root, 'etc/systemd/system')
  cpSync(join(ROOT, 'units'), systemUnits, { recursive: true })
  for (const target of TARGETS) writeFileSync(join(systemUnits, `${target}.target`), '[Unit]\nDescription=empty\n')
  for (const program of [...programs.map(name => `/opt/mesosphere/bin/${name}`), '/usr/bin/install']) {
    const file = join(root, program)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, '#!/bin/sh\n')
    chmodSync(file, 0o755)
  }
  const analyze = (...args: string[]) => {
    const { stdout, stderr, error } = spawnSync('systemd-analyze', [...args, `--root=${root}`, '--no-pager'], {
      encoding: 'utf8',
      timeout: ANALYZE_TIMEOUT_MS,
    })
    if (error) throw error
    return `${stdout}${stderr}`
  }
  return {
    addUnit(path, text) {
      mkdirSync(dirname(join(systemUnits, path)), { recursive: true })
      writeFileSync(join(systemUnits, path), text)
    },
    verify: units => analyze('verify', '--man=no', ...units).replaceAll(root, ''),
    exposure(service) {
      const said = analyze('security', '--offline=true', service)
      const found = /Overall exposure level for \S+: ([\d.]+)/.exec(said)?.[1]
      if (found === undefined) throw new Error(`systemd-analyze security has no figure for ${service}: ${said}`)
      return Number(found)
    },
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  }
}

/** Major version of the systemd here; undefined without systemd-analyze. */
export function systemdVersion(): number | undefined {
  const { stdout, status } = spawnSync('systemd-analyze', ['--version'], {
    encoding: 'utf8',
    timeout: ANALYZE_TIMEOUT_MS,
  })
  const found = /^systemd (\d+)/.exec(stdout ?? '')?.[1]
  return status === 0 && found !== undefined ? Number(found) : undefined
}

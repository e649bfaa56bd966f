/** systemd-analyze(1) of this host, behind hardening.ts. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { UnitVerifier } from './hardening.ts'

/** It loads units only, but a host under load may keep it waiting. */
const VERIFY_TIMEOUT_MS = 20_000

export function hostUnitVerifier(): UnitVerifier {
  const answer = spawnSync('systemd-analyze', ['--version'], { encoding: 'utf8', timeout: VERIFY_TIMEOUT_MS })
  const version = answer.status === 0 ? answer.stdout.split('\n', 1)[0] : undefined
  return {
    version,
    verify(kind, text) {
      const directory = mkdtempSync(join(tmpdir(), 'dcos-hardening-'))
      try {
        // A socket or timer is only verified together with the service it starts.
        writeFileSync(join(directory, 'dcos-scratch.service'), '[Service]\nExecStart=/bin/true\n')
        const file = join(directory, `dcos-scratch${kind}`)
        writeFileSync(file, text)
        const { stdout, stderr, error } = spawnSync('systemd-analyze', ['verify', '--man=no', file], {
          encoding: 'utf8',
          timeout: VERIFY_TIMEOUT_MS,
        })
        if (error) return undefined
        // Other units of the host that it happens to load have messages of their own.
        return `${stdout}${stderr}`.split('\n').filter(line => line.includes('dcos-scratch'))
      } finally {
        rmSync(directory, { recursive: true, force: true })
      }
    },
  }
}

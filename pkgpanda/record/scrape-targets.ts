/**
 * The node's file_sd fragment for Prometheus (architecture 2): one target, the port on which dcos-metrics serves this node's
 * daemons. Format: https://prometheus.io/docs/prometheus/latest/configuration/configuration/#file_sd_config
 */
import { execFile } from 'node:child_process'
import { lstatSync, mkdirSync } from 'node:fs'
import { hostname } from 'node:os'
import { dirname, join } from 'node:path'
import { type Disk, replaceFile } from '../disk/disk.ts'
import { formatJson } from '../disk/json-form.ts'
import { type InstallPaths, swappedPath } from '../swap/install-paths.ts'

/** The package whose daemon answers, and its port. */
const METRICS_PACKAGE = 'dcos-metrics'
const METRICS_PORT = 61091

/** detect_ip is an operator's script: it may ask a metadata service that does not answer. */
const DETECT_IP_TIMEOUT_MS = 10_000

export interface ScrapeSurroundings {
  readonly disk: Disk
  readonly paths: InstallPaths
  readonly roles: readonly string[]
  readonly warn: (line: string) => void
  /** Stands in for ROOT/bin/detect_ip. */
  readonly detectIp?: () => Promise<string>
}

/** Below the state directory, or below the root when everything of systemd's is, too. */
export function scrapeTargetsPath(paths: InstallPaths): string {
  return join(paths.rootedSystemd ? paths.root : paths.stateRoot, 'prometheus', 'file_sd.json')
}

/** After an activation: writes the fragment, or removes it when dcos-metrics is not active. Never fails, warns instead. */
export async function writeScrapeTargets(surroundings: ScrapeSurroundings, ids: readonly string[]): Promise<void> {
  const { disk, paths, roles, warn } = surroundings
  const path = scrapeTargetsPath(paths)
  try {
    if (!ids.some(id => id.startsWith(`${METRICS_PACKAGE}--`))) {
      if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return
      disk.remove(path)
      return disk.syncDirectory(dirname(path))
    }
    const address = await (surroundings.detectIp ?? (() => runDetectIp(paths)))()
    mkdirSync(dirname(path), { recursive: true })
    replaceFile(disk, path, formatScrapeTargets(address, hostname(), roles))
  } catch (error) {
    warn(`WARNING: ${path} was not written, Prometheus keeps the targets it has: ${(error as Error).message}`)
  }
}

/** One group with one target. A node with several roles has them joined by a comma. */
export function formatScrapeTargets(address: string, node: string, roles: readonly string[]): string {
  const host = address.includes(':') ? `[${address}]` : address
  return formatJson([{ targets: [`${host}:${METRICS_PORT}`], labels: { node, role: roles.join(',') } }])
}

function runDetectIp(paths: InstallPaths): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(join(swappedPath(paths, 'bin'), 'detect_ip'), { timeout: DETECT_IP_TIMEOUT_MS }, (error, stdout) => {
      const address = stdout.trim()
      if (error) reject(new Error(`detect_ip: ${error.message.trim()}`))
      else if (!/^[0-9a-fA-F.:]+$/.test(address)) reject(new Error(`detect_ip printed ${JSON.stringify(address)}`))
      else resolve(address)
    })
  })
}

/** What a running Prometheus says of its targets: GET /api/v1/targets of its HTTP API. */

export interface Target {
  job: string
  instance: string
  /** `up`, `down` or `unknown` (not scraped yet). */
  health: string
  /** Why it is down; empty when it is not. */
  lastError: string
}

interface TargetsJson {
  data: { activeTargets: { labels: Record<string, string>; health: string; lastError: string }[] }
}

/** The active targets, by job and instance. Rejects when Prometheus does not answer. */
export async function readTargets(url: string, signal: AbortSignal): Promise<Target[]> {
  const answer = await fetch(new URL('/api/v1/targets?state=active', url), { signal })
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`)
  return decodeTargets((await answer.json()) as TargetsJson)
}

export function decodeTargets(json: TargetsJson): Target[] {
  return json.data.activeTargets
    .map(({ labels, health, lastError }) => ({
      job: labels.job ?? '',
      instance: labels.instance ?? '',
      health,
      lastError,
    }))
    .sort((a, b) => a.job.localeCompare(b.job) || a.instance.localeCompare(b.instance))
}

/** What Prometheus is told: its configuration (JSON is YAML), its command line, the joined target list. Pure. */

/** How often it scrapes and rereads the target list. */
const INTERVAL = '5s'

/** An element of a file_sd file. */
export interface TargetGroup {
  targets: string[]
  labels?: Record<string, string>
}

export function prometheusConfiguration(targetFile: string): string {
  return `${JSON.stringify(
    {
      global: { scrape_interval: INTERVAL, scrape_timeout: INTERVAL },
      scrape_configs: [{ job_name: 'dcos', file_sd_configs: [{ files: [targetFile], refresh_interval: INTERVAL }] }],
    },
    null,
    2,
  )}\n`
}

export function prometheusArguments(configuration: string, data: string, listen: string): string[] {
  return [
    `--config.file=${configuration}`,
    `--storage.tsdb.path=${data}`,
    `--web.listen-address=${listen}`,
    '--storage.tsdb.retention.time=1d',
    '--log.level=warn',
  ]
}

/** The nodes' fragments as one list, each group with the name of its node. Throws SyntaxError for no JSON. */
export function joinTargets(fragments: readonly { node: string; text: string }[]): TargetGroup[] {
  return fragments.flatMap(({ node, text }) => {
    const groups = JSON.parse(text) as TargetGroup[]
    return groups.map(({ targets, labels }) => ({ targets, labels: { ...labels, node } }))
  })
}

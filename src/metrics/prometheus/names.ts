/** Names of 1.9 datapoints and tags → names that Prometheus takes, by the rule of 1.11 (metrics 6.2). Pure. */

/** `cpus.user.time` → `cpus_user_time`, `1kafka.Lag` → `_1kafka_lag`. Labels go by the same rule, so in lower case too. */
export function prometheusName(name: string): string {
  const clean = name.replace(/[^0-9A-Za-z_]/g, '_').toLowerCase()
  return /^[0-9]/.test(clean) || clean === '' ? `_${clean}` : clean
}

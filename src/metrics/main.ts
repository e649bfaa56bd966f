/** dcos-metrics: serves this node's metrics as 1.9's /v0 and to Prometheus. Wiring only; behaviour is in README.md. */
import { startHttpServer } from '../shared/http/server.ts'
import { runDaemon } from '../shared/lifecycle/daemon.ts'
import { onlyInheritedSocket } from '../shared/systemd/listen-fds.ts'
import { loadConfig, parseCommandLine, versionText } from './config.ts'
import { logAtLevel } from './log-level.ts'
import { openNode } from './open-node.ts'
import { prometheusRoutes, v0Routes } from './routes.ts'
import { noRoute } from './v0/no-route.ts'

runDaemon('dcos-metrics', async ({ argv, env, metrics, clock, ready, ...context }) => {
  // 1. configuration: flags, then the YAML file laid over them
  const flags = parseCommandLine(argv)
  if (flags.version) return void process.stdout.write(versionText(flags.role))
  const { config, notes } = await loadConfig(flags)
  const log = logAtLevel(context.log, config.logLevel)
  for (const note of notes) log.warning(note)

  // 2. dependencies: who this node is, its samples, the text for Prometheus
  await using node = await openNode({ config, log, clock, metrics })

  // 3. servers: /v0 on the socket systemd handed over, else on its port; /metrics on a port of its own
  const routes = v0Routes(node)
  await using v0 = await startHttpServer({
    server: 'v0',
    routes,
    fallback: noRoute(routes.map(({ path }) => path)),
    listener: onlyInheritedSocket(env) ?? config.http,
    log,
    metrics,
  })
  const scrape = { routes: prometheusRoutes(node.exposition), listener: config.prometheus, log, metrics }
  await using prometheus = await startHttpServer({ server: 'prometheus', ...scrape })

  // 4. lifecycle: the first samples are there; STATUS= says what is served and what is missing
  await ready(() => node.status(v0.address, prometheus.address), { healthy: node.healthy })
})

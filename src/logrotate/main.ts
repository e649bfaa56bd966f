/** dcos-logrotate: rotates the log of this node's Mesos when it is due, once. Wiring only; behaviour is in README.md. */
import { runDaemon } from '../shared/lifecycle/daemon.ts'
import { loadConfig } from './config.ts'
import { declareRunMetrics } from './metrics.ts'
import { runOnce } from './run.ts'

runDaemon('dcos-logrotate', async ({ argv, env, log, clock, status }) => {
  // 1. configuration: the role by flag, the log and its archive from the file of that role
  const config = loadConfig(argv, env)

  // 2. dependencies: the metrics of this run, written when it ends, well or not
  await using run = declareRunMetrics({ clock, log })

  // 3. no server: one run, told in STATUS= and, when it did something, in the journal
  status(`rotating what ${config.configFile} names`)
  const result = await runOnce({ config, log, nowMs: clock.nowMs() })
  run.succeeded(result)
  status(result.sentence)
})

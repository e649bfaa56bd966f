/** gen-resolvconf: points resolv.conf at the DNS forwarders that answer, once. Wiring only; behaviour is in README.md. */
import { runDaemon } from '../shared/lifecycle/daemon.ts'
import { isCommandLine, loadConfig, USAGE } from './config.ts'
import { declareRunMetrics } from './metrics.ts'
import { probe } from './probe.ts'
import { runOnce } from './run.ts'

const argv = process.argv.slice(2)
if (isCommandLine(argv)) {
  runDaemon('gen-resolvconf', async ({ argv: [path = ''], env, log, clock, status }) => {
    // 1. configuration: the file by argument, resolvers and search domains from the environment
    const config = loadConfig(path, env)

    // 2. dependencies: the metrics of this run, written when it ends, well or not
    await using run = declareRunMetrics({ clock, log })

    // 3. no server: one run, told in the journal and in STATUS=
    status(`asking ${config.forwarders.join(', ')}`)
    const ask = (address: string) => probe(address, { timeoutMs: config.probeTimeoutMs, clock })
    const result = await runOnce({ config, probe: ask, log })
    run.succeeded(result)
    status(result.sentence)
  })
} else {
  // 1.9's own status for a wrong command line; runDaemon knows 0 and 1.
  process.stderr.write(USAGE)
  process.exitCode = 255
}

/** dcos-log: serves this node's journal over HTTP. Wiring only; behaviour is in README.md. */
import { DEFAULT_HTTP_LIMITS, startHttpServer } from '../shared/http/server.ts'
import { openJournalFiles } from '../shared/journal/file/open.ts'
import { runDaemon } from '../shared/lifecycle/daemon.ts'
import { createLog } from '../shared/log/journald.ts'
import { startTextfile } from '../shared/metrics/textfile.ts'
import { startIdleExit } from '../shared/systemd/idle-exit.ts'
import { onlyInheritedSocket } from '../shared/systemd/listen-fds.ts'
import { loadConfig } from './config.ts'
import { errorAnswer } from './error-answer.ts'
import { createFollowers } from './followers.ts'
import { RANGE_READERS_MAX } from './journals.ts'
import { openMesos } from './mesos/open-mesos.ts'
import { declareLogMetrics } from './metrics.ts'
import { fallback, routes } from './routes.ts'

runDaemon('dcos-log', async ({ argv, env, log: started, metrics, clock, stop, ready }) => {
  // 1. configuration: flags, then the JSON file laid over them
  const config = await loadConfig(argv, started)
  const log = config.verbose ? createLog({ debug: true }) : started

  // 2. dependencies: released in reverse order when this block ends
  const counted = declareLogMetrics(metrics)
  const directory = config.journalDirectory
  const corrupt = (path: string, what: string) =>
    log.warning('A journal file cannot be read whole, going on with what is left', { path, what })
  const readersMax = config.followersMax + RANGE_READERS_MAX
  const observe = counted.observer
  const journal = openJournalFiles({ observe, corrupt, clock, readersMax, ...(directory && { directory }) })
  const followers = createFollowers({ max: config.followersMax, metrics: counted, clock, log })
  const tasks = { role: config.role, auth: config.auth, mesos: await openMesos(config, clock) }
  await using _textfile = startTextfile({ metrics, daemon: 'dcos-log', clock, log })

  // 3. server: the socket systemd handed over, else the configured port
  const listener = onlyInheritedSocket(env) ?? { host: config.host, port: config.port }
  const rangeLimits = { entriesMax: config.rangeEntriesMax, bytesMax: config.rangeBytesMax }
  const table = routes(journal, { metrics: counted, followers, rangeLimits, tasks })
  // Followers stay: those who only ask need connections beside theirs.
  const limits = { connectionsMax: DEFAULT_HTTP_LIMITS.connectionsMax + config.followersMax }
  await using server = await startHttpServer({
    routes: table,
    answersOptions: true,
    fallback,
    errorAnswer,
    listener,
    log,
    metrics,
    limits,
  })
  const { connections, address } = server
  const leave = () => stop('at rest, since nobody asked for a while; the socket starts it again')
  await using _idle = startIdleExit({ connections, idleMs: config.idleExitMs, stop: leave, clock })

  // 4. lifecycle: READY=1 now; resolves at SIGTERM or when nobody has asked for a while, then everything above is closed
  await ready(
    () =>
      `serving the journal of this ${config.role} on ${address}: ${connections()} connections, ${counted.readers()} readers`,
  )
})

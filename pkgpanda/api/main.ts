/** dcos-pkgpanda-api: the packages of this node over HTTP. Wiring only; behaviour is in README.md. */
import { mkdirSync } from 'node:fs'
import { startHttpServer } from '../../src/shared/http/server.ts'
import { runDaemon } from '../../src/shared/lifecycle/daemon.ts'
import { startTextfile } from '../../src/shared/metrics/textfile.ts'
import { startIdleExit } from '../../src/shared/systemd/idle-exit.ts'
import { onlyInheritedSocket } from '../../src/shared/systemd/listen-fds.ts'
import { faults } from '../errors.ts'
import { errorAnswer } from './answers.ts'
import { openChanges } from './changes.ts'
import { accessLine } from './client.ts'
import { loadConfig, readRepositoryUrls } from './config.ts'
import { openJobs } from './jobs.ts'
import { declareApiMetrics } from './metrics.ts'
import { openNode } from './node.ts'
import { API_LIMITS, routes } from './routes.ts'
import { removeStaleSocket } from './stale-socket.ts'
import { statusSentence } from './status.ts'
import { apiWorld, randomName } from './surroundings.ts'

/** A change under way is finished first; just below TimeoutStopSec=. */
const STOP_LIMIT_MS = 28_000

// Packages are unpacked and links made for everyone to read, as by the command line.
process.umask(0o022)
// useradd: ROOT/environment has no /usr/sbin.
process.env.PATH = [process.env.PATH, '/usr/sbin:/usr/bin:/sbin:/bin'].filter(Boolean).join(':')

runDaemon(
  'dcos-pkgpanda-api',
  async ({ argv, env, log, metrics: registry, clock, stop, ready }) => {
    // 1. configuration: the file, then options
    const config = await loadConfig(argv, env)
    const inherited = onlyInheritedSocket(env)
    const listener = inherited ?? config.listener
    if (listener === undefined) throw faults.USAGE('--socket PATH or --port N: systemd handed over no socket')

    // 2. dependencies: released in reverse order when this block ends
    const metrics = declareApiMetrics(registry)
    const { metricsDirectory: directory } = config
    // Below a scratch directory nobody else makes it.
    if (config.paths.rootedSystemd) mkdirSync(directory, { recursive: true })
    await using _textfile = startTextfile({ metrics: registry, daemon: 'dcos-pkgpanda-api', directory, clock, log })
    const node = openNode(config.paths, () => apiWorld({ paths: node.paths, log, isService: inherited !== undefined }))
    const { root } = node.paths
    await using jobs = openJobs({ directory: config.workDirectory, root, random: randomName, clock, log })
    const changes = openChanges({ node, jobs, metrics, log, allowed: config.changesAllowed })
    const repositoryUrls = () => [...readRepositoryUrls(node.paths), ...config.repositoryUrls]

    // 3. server: the socket systemd handed over, else the one that was asked for
    if ('path' in listener) await removeStaleSocket(listener.path)
    const table = routes({ node, jobs, changes, metrics, repositoryUrls })
    const answered: Parameters<typeof startHttpServer>[0]['answered'] = (request, status, seconds) =>
      log.info(accessLine(request, status), { took_s: Number(seconds.toFixed(3)) })
    await using server = await startHttpServer({
      ...{ routes: table, errorAnswer, answered, listener, limits: API_LIMITS, log, metrics: registry },
    })
    const busy = () => server.connections() + (jobs.running() ? 1 : 0)
    const leave = () => stop('at rest, since nobody asked for a while; the socket starts it again')
    await using _idle = startIdleExit({ connections: busy, idleMs: config.idleExitMs, stop: leave, clock })

    // 4. lifecycle: READY=1 now; resolves at SIGTERM or when nobody has asked for a while, then everything above is closed
    await ready(() => statusSentence({ node, jobs, changes }, server.address))
  },
  { stopLimitMs: STOP_LIMIT_MS },
)

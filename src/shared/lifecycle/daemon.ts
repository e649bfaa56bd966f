/**
 * The life of a program: config → dependencies → server → lifecycle. Here, and only here, process.env, signals, sd_notify, the
 * watchdog and exit statuses are dealt with: 0 after a clean stop, 1 after a fault at start, printed as code – message – remedy.
 */
import { isFault } from '../errors/fault.ts'
import { createLog, errorFields, type Log } from '../log/journald.ts'
import { declareProcessMetrics } from '../metrics/process.ts'
import { createMetrics, type Metrics } from '../metrics/registry.ts'
import { openNotifier, statusAssignment, watchdogIntervalMs } from '../systemd/notify.ts'
import { type Clock, systemClock } from '../time/clock.ts'
import { VERSION } from '../version.ts'

export type Environment = Readonly<Record<string, string | undefined>>

export interface ReadyOptions {
  /** Asked before each watchdog ping; false (or a throw) lets the watchdog end us. */
  healthy?: () => boolean
}

export interface DaemonContext {
  /** Arguments after the program's name. */
  argv: readonly string[]
  /** A copy; what systemd meant for this process alone (LISTEN_*, NOTIFY_SOCKET, WATCHDOG_*) is gone from process.env. */
  env: Environment
  log: Log
  metrics: Metrics
  clock: Clock
  /** Aborts at SIGTERM, SIGINT or `stop()`. */
  stopping: AbortSignal
  /** Ends the daemon as SIGTERM would; the sentence stays as its STATUS=. */
  stop(sentence: string): void
  /** Shown by `systemctl status` while starting: what is being waited for. */
  status(sentence: string): void
  /**
   * Says READY=1: call it when a request can be answered. `sentence` is asked for again now and then, so that STATUS= stays true.
   * Resolves when the daemon is to stop.
   */
  ready(sentence: string | (() => string), options?: ReadyOptions): Promise<void>
}

/** What runs at SIGTERM may take so long to finish unless a daemon says otherwise; then the process leaves anyway (TimeoutStopSec= is above it). */
export const STOP_LIMIT_MS = 5000

/** How often STATUS= is renewed. */
const STATUS_INTERVAL_MS = 10_000

const FOR_THIS_PROCESS = [
  'LISTEN_PID',
  'LISTEN_FDS',
  'LISTEN_FDNAMES',
  'NOTIFY_SOCKET',
  'WATCHDOG_USEC',
  'WATCHDOG_PID',
]

export interface DaemonOptions {
  /** STOP_LIMIT_MS unless given; TimeoutStopSec= of the unit is to be above it. */
  stopLimitMs?: number
}

/** `name` is the program's (`dcos-log`). `main` wires; its block's end releases what it opened, in reverse order. */
export function runDaemon(
  name: string,
  main: (context: DaemonContext) => Promise<void>,
  { stopLimitMs = STOP_LIMIT_MS }: DaemonOptions = {},
): void {
  const argv = process.argv.slice(2)
  if (argv.length === 1 && /^--?version$/.test(argv[0] ?? '')) {
    process.stdout.write(`${name} ${VERSION}\n`)
    return
  }
  // Node calls its main thread MainThread; ps, top and the journal's _COMM should say which daemon it is.
  process.title = name
  const env = { ...process.env }
  for (const variable of FOR_THIS_PROCESS) delete process.env[variable]
  const log = createLog({ debug: env.DCOS_LOG_LEVEL === 'debug' })
  void run(name, main, argv, env, log, stopLimitMs).then(status => {
    process.exitCode = status
    // Everything was released; whatever still holds the loop must not keep systemd waiting.
    setTimeout(() => process.exit(status), 100).unref()
  })
}

async function run(
  name: string,
  main: (context: DaemonContext) => Promise<void>,
  argv: readonly string[],
  env: Environment,
  log: Log,
  stopLimitMs: number,
): Promise<number> {
  const clock = systemClock
  const metrics = createMetrics(name.replace(/^dcos-/, ''))
  declareProcessMetrics(metrics)
  const notifier = await openNotifier(env)
  const stopping = new AbortController()
  const stopped = new Promise<void>(resolve =>
    stopping.signal.addEventListener('abort', () => resolve(), { once: true }),
  )
  let lastStatus = ''
  const status = (sentence: string) => {
    if (sentence === lastStatus) return
    lastStatus = sentence
    notifier.send(statusAssignment(sentence))
  }
  const stop = (reason: string) => {
    if (stopping.signal.aborted) return
    log.info('stopping', { reason })
    notifier.send(`STOPPING=1\n${statusAssignment(reason)}`)
    stopping.abort()
    setTimeout(() => {
      log.warning('did not finish in time, leaving anyway', { limit_s: stopLimitMs / 1000 })
      process.exit(0)
    }, stopLimitMs).unref()
  }
  const failed = (error: unknown) => {
    report(error, log)
    notifier.send(statusAssignment(`failed: ${error instanceof Error ? error.message : String(error)}`))
  }
  // What nobody awaits, a loop for example: Node's own report has no level and no code, so journald would file it as a remark.
  process.on('uncaughtException', error => {
    failed(error)
    process.exit(1)
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(`stopped by ${signal}`))

  // The loop must turn for this timer to fire: a stuck event loop misses its pings and is restarted.
  let healthy: () => boolean = () => true
  const pingMs = watchdogIntervalMs(env, process.pid)
  const ping = () => {
    let well = false
    try {
      well = healthy()
    } catch (error) {
      log.error('health check failed, leaving the watchdog to act', errorFields(error))
    }
    if (well) notifier.send('WATCHDOG=1')
  }
  const watchdog = pingMs === undefined ? undefined : setInterval(ping, pingMs)
  let renewal: NodeJS.Timeout | undefined
  try {
    await main({
      argv,
      env,
      log,
      metrics,
      clock,
      stopping: stopping.signal,
      stop,
      status,
      async ready(sentence, options) {
        const say = typeof sentence === 'function' ? sentence : () => sentence
        if (options?.healthy) healthy = options.healthy
        if (!stopping.signal.aborted) {
          lastStatus = say()
          notifier.send(`READY=1\n${statusAssignment(lastStatus)}`)
          log.info('ready', { version: VERSION, status: lastStatus })
          renewal = setInterval(() => stopping.signal.aborted || status(say()), STATUS_INTERVAL_MS)
        }
        await stopped
      },
    })
    return 0
  } catch (error) {
    if (stopping.signal.aborted && isAbort(error)) return 0
    failed(error)
    return 1
  } finally {
    clearInterval(watchdog)
    clearInterval(renewal)
    notifier.close()
  }
}

function report(error: unknown, log: Log): void {
  if (isFault(error)) {
    log.error(`${error.code} – ${error.message} – ${error.remedy}`, {
      cause:
        error.cause === undefined
          ? undefined
          : error.cause instanceof Error
            ? error.cause.message
            : String(error.cause),
    })
  } else {
    log.error('a bug ended the program', {
      error: error instanceof Error ? (error.stack ?? error.message) : String(error),
    })
  }
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || (error as { code?: string }).code === 'ABORT_ERR')
}

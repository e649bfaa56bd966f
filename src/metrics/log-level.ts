/** The flag -loglevel of 1.9 over the kit's log: which lines are written at all. */
import { createLog, type Log } from '../shared/log/journald.ts'
import type { LogLevel } from './config.ts'

/** `debug` writes everything; `fatal` and `panic` leave errors, above which we know no level. */
export function logAtLevel(log: Log, level: LogLevel): Log {
  const silent = () => {}
  if (level === 'debug') return createLog({ debug: true })
  if (level === 'info') return log
  return { ...log, debug: silent, info: silent, warning: level === 'warn' ? log.warning : silent }
}

/** How an agent makes itself known: a report to whoever leads, at each change and at least every interval. */
import { errorFields, type Log } from '../../../../src/shared/log/journald.ts'
import { exchangeJson } from '../http/client.ts'
import type { AgentReport, ReportAnswer } from '../model/agent.ts'
import type { Leadership } from '../zookeeper/leadership.ts'

export interface RegistrationOptions {
  leadership: Leadership
  intervalMs: number
  makeReport: () => AgentReport
  /** The master's answer: our id for life. */
  registered: (answer: ReportAnswer) => void
  log: Log
}

export interface Registration extends AsyncDisposable {
  /** Reports now, or right after the report under way. Resolves when it was answered or could not be. */
  report(): Promise<void>
}

export function startRegistration(options: RegistrationOptions): Registration {
  const { leadership, intervalMs, log } = options
  let underway: Promise<void> | undefined
  let again = false
  let masterId: string | undefined
  let failing = false

  async function reportOnce(): Promise<void> {
    const leader = leadership.leader()
    if (!leader) return
    try {
      const answer = await exchangeJson(`${leader.ip}:${leader.port}`, 'POST', '/standin/agents', options.makeReport())
      // Only a master of ours answers there, with this.
      const { agentId, masterId: newMasterId } = answer as ReportAnswer
      options.registered({ agentId, masterId: newMasterId })
      if (newMasterId !== masterId) log.info('registered', { agent: agentId, master: `${leader.ip}:${leader.port}` })
      masterId = newMasterId
      failing = false
    } catch (error) {
      if (!failing) log.warning('the master did not take the report, trying again', errorFields(error))
      failing = true
    }
  }

  async function reportUntilCurrent(): Promise<void> {
    do {
      again = false
      await reportOnce()
    } while (again)
    underway = undefined
  }

  function report(): Promise<void> {
    again = underway !== undefined
    underway ??= reportUntilCurrent()
    return underway
  }

  const timer = setInterval(() => void report(), intervalMs)
  leadership.onChange(() => void report())
  void report()
  return {
    report,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await underway
      const leader = leadership.leader()
      const { id } = options.makeReport().agent
      if (!leader || id === '') return
      try {
        await exchangeJson(`${leader.ip}:${leader.port}`, 'DELETE', `/standin/agents/${id}`)
      } catch (error) {
        log.warning('could not unregister, the master will notice', errorFields(error))
      }
    },
  }
}

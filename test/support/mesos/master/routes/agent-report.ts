/** Private: an agent registers, or tells what is new. Not redirected: an agent finds the leader by itself. */
import { faults } from '../../errors.ts'
import { jsonAnswer } from '../../http/answers.ts'
import type { Route } from '../../http/route.ts'
import type { AgentReport } from '../../model/agent.ts'
import type { MasterContext } from '../routes.ts'

export const agentReportRoute = ({ registry, control, isLeading, nowMs }: MasterContext): Route => ({
  paths: ['/standin/agents'],
  method: 'POST',
  async handle({ json }) {
    // Only our own agents report, in the form they share with us.
    const report = (await json()) as AgentReport
    if (!isLeading()) throw faults.NOT_LEADING()
    const answer = registry.report(report, nowMs())
    control.changed()
    return jsonAnswer(answer)
  },
})

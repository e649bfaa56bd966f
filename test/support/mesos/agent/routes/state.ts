/** The agent's /state. */
import { jsonAnswer } from '../../http/answers.ts'
import type { Route } from '../../http/route.ts'
import { agentStateJson } from '../../json/agent-state.ts'
import type { AgentContext } from '../routes.ts'

export const stateRoute = ({ view }: AgentContext): Route => ({
  paths: ['/state', '/state.json', '/slave(1)/state', '/slave(1)/state.json'],
  handle: () => jsonAnswer(agentStateJson(view())),
})

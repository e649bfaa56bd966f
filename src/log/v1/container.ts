/** The path of a container's log (log 2, 5) → matches that a client's filter can only narrow. */
import type { MatchClause } from '../../shared/journal/matches.ts'

/** find-my-way syntax. */
export const CONTAINER_PATH = 'framework/:framework/executor/:executor/container/:container'

const FIELDS = { container: 'CONTAINER_ID', framework: 'FRAMEWORK_ID', executor: 'EXECUTOR_ID' } as const

/** None for the node's own routes. */
export function containerMatches(params: Readonly<Record<string, string>>): MatchClause[] {
  if (params.container === undefined) return []
  return Object.entries(FIELDS).map(([name, field]) => [{ field, value: Buffer.from(params[name] ?? '') }])
}

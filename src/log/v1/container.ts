/** The path of a container's log (log 2, 5) → matches that a client's filter can only narrow. */
import { faults as httpFaults } from '../../shared/http/errors.ts'
import type { MatchClause } from '../../shared/journal/matches.ts'

/** find-my-way syntax. */
export const CONTAINER_PATH = 'framework/:framework/executor/:executor/container/:container'

const FIELDS = { container: 'CONTAINER_ID', framework: 'FRAMEWORK_ID', executor: 'EXECUTOR_ID' } as const

/** None for the node's own routes. Throws HTTP_NOT_FOUND for an empty segment or one with a slash, which no route of 1.9 matched. */
export function containerMatches(params: Readonly<Record<string, string>>): MatchClause[] {
  if (params.container === undefined) return []
  return Object.entries(FIELDS).map(([name, field]) => {
    const value = params[name] ?? ''
    if (value === '' || value.includes('/')) throw httpFaults.NOT_FOUND()
    return [{ field, value: Buffer.from(value) }]
  })
}

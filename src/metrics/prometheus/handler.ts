/** GET /metrics: the text format 0.0.4. */
import type { Handler } from '../../shared/http/route.ts'
import type { Exposition } from './exposition.ts'

export const TEXT_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

export function metricsText(exposition: Exposition): Handler {
  return async () => ({ status: 200, headers: { 'Content-Type': TEXT_TYPE }, body: await exposition.text() })
}

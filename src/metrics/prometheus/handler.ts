/** GET /metrics: the text format 0.0.4. */
import type { Handler } from '../../shared/http/route.ts'
import { TEXT_TYPE } from '../../shared/metrics/registry.ts'
import type { Exposition } from './exposition.ts'

export function metricsText(exposition: Exposition): Handler {
  return async () => ({ status: 200, headers: { 'Content-Type': TEXT_TYPE }, body: await exposition.text() })
}

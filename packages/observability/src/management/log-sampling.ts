import type { Management } from '@seaworthy/contract'
import { addTemporaryRoutes } from './temporary-routes.ts'
import { Temporary } from './temporary.ts'

/** The lines of requests: operators may change their share. */
export interface Sampled {
  sampling: number
}

/**
 * `GET`, `PUT` and `DELETE /log-sampling`: the share of successful requests that is logged, for a time.
 * Returns what sets it back.
 */
export function logSamplingRoutes(management: Management, lines: Sampled): () => void {
  const setting = new Temporary(
    () => lines.sampling,
    (share) => void (lines.sampling = share)
  )
  const state = addTemporaryRoutes(management, {
    name: 'sampling',
    url: '/log-sampling',
    action: 'log sampling',
    schema: { type: 'number', minimum: 0, maximum: 1 },
    setting
  })
  management.section('log sampling', state)
  return () => setting.reset()
}

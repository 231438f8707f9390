import { setsState, type Management } from '@seaworthy/contract'
import { defaultTtl, Temporary, ttlSchema } from './temporary.ts'

/** The lines of requests: operators may change their share. */
export interface Sampled {
  sampling: number
}

const schema = {
  body: {
    type: 'object',
    required: ['sampling'],
    additionalProperties: false,
    properties: { sampling: { type: 'number', minimum: 0, maximum: 1 }, ttl: ttlSchema }
  }
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
  const state = (): object => {
    const { value: sampling, ...others } = setting.state
    return { sampling, ...others }
  }
  const url = '/log-sampling'
  const config = setsState(() => 'log sampling')
  management.route({ method: 'GET', url, handler: async () => state() })
  management.route({
    method: 'PUT',
    url,
    config,
    schema,
    async handler({ body }) {
      const { sampling, ttl = defaultTtl } = body as { sampling: number; ttl?: number }
      setting.set(sampling, ttl)
      return state()
    }
  })
  management.route({
    method: 'DELETE',
    url,
    config,
    async handler() {
      setting.reset()
      return state()
    }
  })
  management.section('log sampling', state)
  return () => setting.reset()
}

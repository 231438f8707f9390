import { provided, rateLimitsPort, type CountedKey, type CountRequest } from '@seaworthy/contract'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { AuthError } from '../core/errors.ts'
import { check } from '../core/option-checks.ts'
import type { GuardHook } from '../policy/auth-hook.ts'
import { quotaOf, type ApiKeyRecord, type ResolvedQuota } from './options.ts'

/** The quotas of keys, which the rate limits of another plugin count. */
export interface KeyQuotas {
  /** Notes the key of a request. It counts when the request is authenticated. */
  note(request: FastifyRequest, id: string, quota: ApiKeyRecord['quota']): void
  /** Counts the request for the key that was noted, once. */
  readonly enforce: GuardHook
}

const isCounted = Symbol('counted')

/** @param quota - The quota of keys without one in their record. */
export function createQuotas(fastify: FastifyInstance, quota: ResolvedQuota | undefined): KeyQuotas {
  const notes = new WeakMap<FastifyRequest, CountedKey | typeof isCounted>()
  let count: CountRequest | undefined

  fastify.addHook('onReady', async () => {
    count = provided(fastify, rateLimitsPort)?.create('api key')
    if (count !== undefined || quota === undefined) return
    const rule =
      'used with the rate limits of @seaworthy/security on the same app: await app.register(rateLimit, {})'
    check.failWith('apiKeys.quota', rule, 'no rate limits')
  })

  return {
    note(request, id, quotaOfRecord) {
      const applied =
        quotaOfRecord === undefined || quotaOfRecord === null
          ? quota
          : quotaOfRecord && quotaOf(`quota of the key ${id}`, quotaOfRecord)
      if (applied && !notes.has(request)) notes.set(request, { key: id, ...applied })
    },
    enforce(request, reply, done) {
      const counted = notes.get(request)
      if (counted === undefined || counted === isCounted) return done()
      notes.set(request, isCounted)
      if (count !== undefined) return count(counted, request, reply, done)
      // A quota that is not counted must not be none.
      const message = 'The quota of the API key cannot be counted without rate limits'
      done(new AuthError(message, { code: 'AUTH_NOT_CONFIGURED', statusCode: 500 }))
    }
  }
}

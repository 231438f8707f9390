import { provide, rateLimitsPort } from '@seaworthy/contract'
import type { FastifyInstance } from 'fastify'
import type { Limiter } from './limiter.ts'
import type { AppLimits } from './route-plan.ts'

/** Offers limits whose keys another plugin finds. They have the app's settings of outages, headers and mode. */
export function provideKeyedLimits(fastify: FastifyInstance, limiter: Limiter, { custom }: AppLimits): void {
  provide(fastify, rateLimitsPort, {
    create(name) {
      // Each hit has a limit of its own, so the policy is that of the hit. All of its requests count.
      const limit = { ...custom(name, { by: 'user' }, name), policy: '', failures: undefined }
      return (counted, request, reply, done) =>
        limiter.enforceKey(limit, counted, request, reply, (error, replied) => {
          if (error) done(error)
          else if (!replied) done()
        })
    }
  })
}

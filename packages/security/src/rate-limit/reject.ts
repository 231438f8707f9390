import type { FastifyReply, FastifyRequest } from 'fastify'
import { spoken } from '../duration.ts'
import { RateLimitError } from './errors.ts'
import type { Limit } from './resolve-limit.ts'
import type { Done } from './limiter.ts'
import type { Hit, Verdict } from './types.ts'

export interface Refusing {
  limit: Limit
  hit: Hit
  verdict: Verdict
}

/** Refuses: with our error, or with what the app's builder makes. */
export function refuse(
  { limit, hit, verdict }: Refusing,
  request: FastifyRequest,
  reply: FastifyReply,
  done: Done
) {
  const ban = limit.ban >= 0 && verdict.refused > limit.ban
  limit.onExceeded?.(request, hit.key)
  if (ban) limit.onBanReach?.(request, hit.key)

  const error = new RateLimitError(verdict.reset, ban)
  // On the reply too: an error handler of the app's may not look at an error's headers.
  reply.headers(error.headers!)
  if (limit.buildError === undefined) return done(error)

  let built: unknown
  const context = {
    statusCode: error.statusCode,
    ban,
    max: hit.max,
    ttl: verdict.reset,
    after: spoken(verdict.reset)
  }
  try {
    built = limit.buildError(request, context)
  } catch (thrown) {
    return done(thrown as Error)
  }
  const { statusCode } = (built ?? {}) as { statusCode?: unknown }
  const status = typeof statusCode === 'number' ? statusCode : error.statusCode
  if (built instanceof Error) {
    // Without a status an error would be a 500.
    return done(statusCode === undefined ? Object.assign(built, { statusCode: status }) : built)
  }
  void reply.code(status).send(built)
  done(null, true)
}

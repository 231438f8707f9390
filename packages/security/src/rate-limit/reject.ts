import { formatDuration } from '@seaworthy/internal'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { RateLimitError } from './errors.ts'
import { notify } from './notify.ts'
import type { Limit } from './resolve-limit.ts'
import type { Done, Hit, HitResult } from './types.ts'

/** The limit that rejects a request. */
export interface Rejection {
  limit: Limit
  hit: Hit
  result: HitResult
}

/** Rejects a request by a {@link RateLimitError}, or by the result of the app's `errorResponseBuilder`. */
export function rejectRequest(
  { limit, hit, result }: Rejection,
  request: FastifyRequest,
  reply: FastifyReply,
  done: Done
): void {
  const ban = limit.ban >= 0 && result.rejections > limit.ban
  notify('onExceeded', limit, hit, request)
  if (ban) notify('onBanReach', limit, hit, request)

  const error = new RateLimitError(result.reset, ban, limit.headersOnRejection.retryAfter)
  // On the reply too: an error handler of the app may ignore the headers of an error.
  if (error.headers !== undefined) reply.headers(error.headers)
  if (limit.errorResponseBuilder === undefined) return done(error)

  let built: unknown
  const context = {
    statusCode: error.statusCode,
    ban,
    max: hit.max,
    ttl: result.reset,
    after: formatDuration(result.reset)
  }
  try {
    built = limit.errorResponseBuilder(request, context)
  } catch (thrown) {
    return done(thrown as Error)
  }
  const { statusCode } = (built ?? {}) as { statusCode?: unknown }
  const status = typeof statusCode === 'number' ? statusCode : error.statusCode
  if (built instanceof Error) {
    // An error without a status would be answered with 500.
    return done(statusCode === undefined ? Object.assign(built, { statusCode: status }) : built)
  }
  void reply.code(status).send(built)
  done(null, true)
}

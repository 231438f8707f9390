import type { Overridable } from '@seaworthy/contract'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { LimitOptions } from './limit-options.ts'
import type { Limiter } from './limiter.ts'
import type { Limit } from './resolve-limit.ts'
import type { AppLimits } from './route-plan.ts'

/**
 * The result of a limit of `createRateLimit` for a request.
 *
 * @example
 * const check = app.createRateLimit({ max: 5, timeWindow: '1 minute' })
 * app.get('/left', async (request) => {
 *   const result: RateLimitResult = await check(request, { increment: false })
 *   return result.isAllowed ? 'allowed' : `${result.remaining} left, ${result.ttlInSeconds} s`
 * })
 */
export type RateLimitResult =
  | { isAllowed: true; key: string }
  | {
      isAllowed: false
      key: string
      max: number
      timeWindow: number
      remaining: number
      ttl: number
      ttlInSeconds: number
      isExceeded: boolean
      isBanned: boolean
    }

/**
 * Creates a hook with a limit of its own. It fits routes of every generic.
 *
 * @example
 * const limited = app.rateLimit({ max: 5, timeWindow: '1 minute' })
 * app.post('/login', { preHandler: limited }, async () => ({ ok: true }))
 */
export type MakeRateLimit = (
  options?: LimitOptions
) => (request: FastifyRequest, reply: FastifyReply) => Promise<void>

/**
 * Creates a limit to evaluate by hand. `increment: false` counts nothing.
 *
 * @example
 * const check = app.createRateLimit({ max: 5, timeWindow: '1 minute' })
 * app.post('/login', async (request) => ({ allowed: (await check(request)).isAllowed }))
 */
export type MakeRateLimitCheck = (
  options?: LimitOptions
) => (request: FastifyRequest, options?: { increment?: boolean }) => Promise<RateLimitResult>

/** Created limits that operators see: an app may create one for each request. */
const maxListed = 1000

interface RateLimitDecorators {
  /** Creates a hook with a limit of its own, for `preHandler` and other hooks. */
  rateLimit: Overridable<this, MakeRateLimit>
  /** Creates a limit to evaluate by hand. `isAllowed`: the request is not limited at all; else read `isExceeded`. */
  createRateLimit: Overridable<this, MakeRateLimitCheck>
}

declare module 'fastify' {
  interface FastifyInstance extends RateLimitDecorators {}
}

/**
 * Adds the decorators of @fastify/rate-limit. Each call creates a limit with counts of its own.
 *
 * @returns The names that it has added, and the limits that were created by them.
 */
export function decorateLimits(
  fastify: FastifyInstance,
  limiter: Limiter,
  { custom }: AppLimits
): { names: string[]; limits: Set<Limit> } {
  const decorated = ['rateLimit', 'createRateLimit'].filter((name) => !fastify.hasDecorator(name))
  let created = 0
  const limits = new Set<Limit>()
  const createLimit = (options: LimitOptions = {}) => {
    const limit = custom('rateLimit()', options, `custom ${++created}`)
    if (limits.size < maxListed) limits.add(limit)
    return limit
  }

  if (!fastify.hasDecorator('rateLimit')) {
    fastify.decorate<unknown>('rateLimit' as string, (options?: LimitOptions) => {
      const limitOfHook = [createLimit(options)]
      return (request: FastifyRequest, reply: FastifyReply) =>
        new Promise<void>((resolve, reject) => {
          limiter.enforce(limitOfHook, request, reply, (error, replied) => {
            if (error) reject(error)
            // To an asynchronous hook, the reply as its result means that the response is sent.
            else resolve(replied ? (reply as unknown as undefined) : undefined)
          })
        })
    })
  }
  if (!fastify.hasDecorator('createRateLimit')) {
    fastify.decorate<unknown>('createRateLimit' as string, (options?: LimitOptions) => {
      const limit = createLimit(options)
      return async (request: FastifyRequest, { increment = true }: { increment?: boolean } = {}) => {
        const evaluation = await limiter.evaluate(limit, request, increment)
        if (evaluation === undefined)
          return { isAllowed: true as const, key: (await limit.key(request)) ?? '' }
        const [{ appKey: key, max, window }, { remaining, reset, exceeded, rejections }] = evaluation
        // Of a count that has not begun, there is nothing to wait for.
        const ttl = increment || remaining < max ? reset : 0
        return {
          isAllowed: false as const,
          key,
          max,
          timeWindow: window,
          remaining,
          ttl,
          ttlInSeconds: Math.ceil(ttl / 1000),
          isExceeded: exceeded,
          isBanned: limit.ban >= 0 && rejections > limit.ban
        }
      }
    })
  }
  return { names: decorated, limits }
}

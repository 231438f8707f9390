import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Overridable } from '@seaworthy/contract'
import type { Limiter } from './limiter.ts'
import type { LimitOptions } from './options.ts'
import type { appLimits } from './route-plan.ts'

/** What a limiter made by `createRateLimit` says about a request. */
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

/** Makes a hook with a limit of its own. It fits routes of every generic. */
export type MakeRateLimit = (
  options?: LimitOptions
) => (request: FastifyRequest, reply: FastifyReply) => Promise<void>

/** Makes a limit to ask by hand. `increment: false` looks without counting. */
export type MakeRateLimitCheck = (
  options?: LimitOptions
) => (request: FastifyRequest, options?: { increment?: boolean }) => Promise<RateLimitResult>

interface RateLimitDecorators {
  /** A hook with a limit of its own, for `preHandler` and its like. */
  rateLimit: Overridable<this, MakeRateLimit>
  /** A limit to ask by hand. `isAllowed`: the request is not limited at all; else look at `isExceeded`. */
  createRateLimit: Overridable<this, MakeRateLimitCheck>
}

declare module 'fastify' {
  interface FastifyInstance extends RateLimitDecorators {}
}

/** @fastify/rate-limit's decorators. Each call is a limit of its own, with its own counts. */
export function decorateLimits(
  fastify: FastifyInstance,
  limiter: Limiter,
  { custom }: ReturnType<typeof appLimits>
): void {
  let made = 0
  const limitOf = (options: LimitOptions = {}) => custom('rateLimit()', options, `custom ${++made}`)

  if (!fastify.hasDecorator('rateLimit')) {
    fastify.decorate<unknown>('rateLimit' as string, (options?: LimitOptions) => {
      const limits = [limitOf(options)]
      return (request: FastifyRequest, reply: FastifyReply) =>
        new Promise<void>((resolve, reject) => {
          limiter.ask(limits, request, reply, (error, answered) => {
            if (error) reject(error)
            // A sent answer ends the request; the hook's promise then has nothing more to say.
            else resolve(answered ? (reply as unknown as undefined) : undefined)
          })
        })
    })
  }
  if (!fastify.hasDecorator('createRateLimit')) {
    fastify.decorate<unknown>('createRateLimit' as string, (options?: LimitOptions) => {
      const limit = limitOf(options)
      return async (request: FastifyRequest, { increment = true }: { increment?: boolean } = {}) => {
        const asked = await limiter.question(limit, request, increment)
        if (asked === undefined) return { isAllowed: true as const, key: '' }
        const [{ key, max, window }, { remaining, reset, exceeded, refused }] = asked
        return {
          isAllowed: false as const,
          key,
          max,
          timeWindow: window,
          remaining,
          ttl: reset,
          ttlInSeconds: Math.ceil(reset / 1000),
          isExceeded: exceeded,
          isBanned: limit.ban >= 0 && refused > limit.ban
        }
      }
    })
  }
}

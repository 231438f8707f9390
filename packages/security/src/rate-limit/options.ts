import type { FastifyRequest } from 'fastify'
import type { AtLeastOne, Overridable } from '@seaworthy/contract'
import type { RedisClient, RedisConnection } from './redis-store.ts'

/** What happens to requests while the shared store does not answer. */
export type StoreErrorPolicy = 'local' | 'open' | 'closed'

/** Where in a request's way a limit is asked. */
export type RateLimitHook = 'onRequest' | 'preParsing' | 'preValidation' | 'preHandler'

/** What a refusal is about. */
export interface RateLimitContext {
  statusCode: number
  /** Whether the client has been refused so often that it is banned: 403. */
  ban: boolean
  max: number
  /** Milliseconds until a request would pass. */
  ttl: number
  /** `ttl` in words: `1 minute`. */
  after: string
}

/** One limit: of the app, of a route, or of a hook. */
export interface LimitOptions {
  /**
   * Requests within the window, or a function that gives them.
   *
   * @defaultValue 100
   */
  max?: number | ((request: FastifyRequest, key: string) => number | Promise<number>) | undefined
  /**
   * The window: milliseconds, or a text such as `'1 minute'`, or a function. It slides: in no stretch of this length
   * do more than `max` requests pass.
   *
   * @defaultValue '1 minute'
   */
  timeWindow?:
    | number
    | string
    | ((request: FastifyRequest, key: string) => number | Promise<number>)
    | undefined
  /**
   * Whose requests are counted together: the address's, or the user's once authentication has run.
   *
   * @defaultValue 'ip'
   */
  by?: 'ip' | 'user' | undefined
  /**
   * Gives the key instead. `undefined` leaves the request uncounted, unless it has no address either (a Unix socket, a
   * reset connection): those count together. Take addresses through `normalizeIP`.
   *
   * @defaultValue the address, IPv6 by its /64; with `by: 'user'` `request.user.id` or `.sub`
   */
  keyGenerator?:
    | ((request: FastifyRequest) => string | number | undefined | Promise<string | number | undefined>)
    | undefined
  /**
   * What one request counts, or a function that gives it.
   *
   * @defaultValue 1
   */
  cost?: number | ((request: FastifyRequest) => number) | undefined
  /**
   * Counts only answers with these status codes: failed logins, rejected tokens. A request is counted when it comes
   * and given back when it succeeds, so many at once cannot slip through.
   *
   * @defaultValue none: every request counts
   */
  failuresOnly?: readonly number[] | undefined
  /**
   * Only watches: headers and metrics as ever, but nothing is refused.
   *
   * @defaultValue false
   */
  observe?: boolean | undefined
  /**
   * While Redis does not answer: `'local'` counts in this process, `'open'` lets everything through, `'closed'`
   * answers 503.
   *
   * @defaultValue 'local'
   */
  onStoreError?: StoreErrorPolicy | undefined
  /**
   * The switch of `@fastify/rate-limit`: `true` is `onStoreError: 'local'` (requests pass, and are counted), `false` `'closed'`.
   *
   * @defaultValue none
   */
  skipOnError?: boolean | undefined
  /**
   * Addresses and CIDR ranges that are not limited, compared with the address (never with the key), or a function.
   *
   * @defaultValue []
   */
  allowList?:
    | readonly string[]
    | ((request: FastifyRequest, key: string) => boolean | Promise<boolean>)
    | undefined
  /**
   * When it is asked. `'onRequest'` is before any authentication; limits by user come after it by themselves.
   *
   * @defaultValue 'onRequest'
   */
  hook?: RateLimitHook | undefined
  /**
   * Counts routes of the same group together.
   *
   * @defaultValue none: each route alone, GET and HEAD together
   */
  groupId?: string | undefined
  /**
   * The name in metrics and in the `RateLimit` headers.
   *
   * @defaultValue 'ip', 'user' or the route
   */
  name?: string | undefined
  /**
   * Refusals in a row after which the answer becomes 403. `-1` is never.
   *
   * @defaultValue -1
   */
  ban?: number | undefined
  /**
   * Counts refused requests too: who goes on asking stays out.
   *
   * @defaultValue false
   */
  continueExceeding?: boolean | undefined
  /**
   * Bits of an IPv6 address that count.
   *
   * @defaultValue 64
   */
  ipv6Subnet?: number | undefined
  /**
   * Called when a request was let through.
   *
   * @defaultValue none
   */
  onExceeding?: ((request: FastifyRequest, key: string) => void) | undefined
  /**
   * Called when a request was refused.
   *
   * @defaultValue none
   */
  onExceeded?: ((request: FastifyRequest, key: string) => void) | undefined
  /**
   * Called when a client is banned.
   *
   * @defaultValue none
   */
  onBanReach?: ((request: FastifyRequest, key: string) => void) | undefined
  /**
   * Gives the error, or the body, of a refusal. The status is 429 (403 when banned) unless it names another.
   *
   * @defaultValue an error with code RATE_LIMITED
   */
  errorResponseBuilder?: ((request: FastifyRequest, context: RateLimitContext) => object) | undefined
}

/** A route's limit instead of the app's limit per address, or several; beside them its own user and failure limits. */
export interface RouteLimitOptions extends LimitOptions {
  /**
   * The route's limit per user; `false` for none.
   *
   * @defaultValue the app's
   */
  user?: LimitOptions | false | undefined
  /**
   * The route's limit on failures; `false` for none.
   *
   * @defaultValue the app's
   */
  failures?: LimitOptions | false | undefined
}

/** What a route says in `config.rateLimit`: a limit, several at once, or `false`. */
export type RouteRateLimit = AtLeastOne<RouteLimitOptions> | readonly AtLeastOne<LimitOptions>[] | false

/** Options of `rateLimit`: the limit per address, and what belongs to all limits. Every one may be left out. */
export interface RateLimitOptions extends LimitOptions {
  /**
   * Whether routes without `config.rateLimit`, and unknown routes, are limited.
   *
   * @defaultValue true
   */
  global?: boolean | undefined
  /**
   * A second limit per user, asked after authentication: `{ max, timeWindow, keyGenerator }`.
   *
   * @defaultValue false
   */
  user?: LimitOptions | false | undefined
  /**
   * A limit per address on failures: `{ max: 10, timeWindow: '1 minute', failuresOnly: [401] }`.
   *
   * @defaultValue false
   */
  failures?: LimitOptions | false | undefined
  /**
   * Where processes count together: a client of ioredis, or options for one (install `ioredis`). Redis 6 or Valkey.
   *
   * @defaultValue none: each process counts alone
   */
  redis?: RedisClient | RedisConnection | undefined
  /**
   * In front of every key in Redis.
   *
   * @defaultValue 'seaworthy-rate-limit:'
   */
  nameSpace?: string | undefined
  /**
   * Milliseconds that a request waits for Redis. From 1 to 10000.
   *
   * @defaultValue 50
   */
  storeTimeout?: number | undefined
  /**
   * Keys that are counted one by one in this process. Further ones share counters. About 350 bytes each, 2 KB at most.
   *
   * @defaultValue 10000
   */
  cache?: number | undefined
  /**
   * Names the older headers as earlier drafts did (`ratelimit-limit`), instead of `x-ratelimit-limit`.
   *
   * @defaultValue false
   */
  enableDraftSpec?: boolean | undefined
  /**
   * Which of the older headers a refusal has: `{ 'x-ratelimit-limit': false }` leaves one out.
   *
   * @defaultValue all
   */
  addHeaders?: Record<string, boolean> | undefined
  /**
   * Which of the older headers other answers have.
   *
   * @defaultValue all
   */
  addHeadersOnExceeding?: Record<string, boolean> | undefined
  /**
   * Whether answers carry `RateLimit` and `RateLimit-Policy`, as the IETF's draft has them.
   *
   * @defaultValue true
   */
  policyHeaders?: boolean | undefined
}

interface RateLimitConfig {
  /** The route's limit, several limits, or `false` for none. */
  rateLimit?: Overridable<this, RouteRateLimit>
}

declare module 'fastify' {
  interface FastifyContextConfig extends RateLimitConfig {}
}

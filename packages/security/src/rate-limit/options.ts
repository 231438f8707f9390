import type { AtLeastOne, NoOptions, Overridable } from '@seaworthy/contract'
import { omitUndefined, optionNames, type RedisClient, withoutRegisterOptions } from '@seaworthy/internal'
import { modes, type Mode } from '../mode.ts'
import { check } from '../option-checks.ts'
import type { LimitOptions } from './limit-options.ts'
import { limitNames } from './resolve-limit.ts'
import { isStoreClass, type RateLimitStoreClass } from './store-interface.ts'

/**
 * A route's limit instead of the app's limit per address, and its limits per user and on failures.
 *
 * @example
 * const limit: RouteLimitOptions = { max: 100, user: false }
 * console.log(limit)
 */
export interface RouteLimitOptions extends LimitOptions {
  /**
   * The route's limit per user; `false` for none.
   *
   * @defaultValue none: the app's applies
   */
  user?: LimitOptions | false | undefined
  /**
   * The route's limit on failures; `false` for none.
   *
   * @defaultValue none: the app's applies
   */
  failures?: LimitOptions | false | undefined
}

/**
 * A route's `config.rateLimit`: a limit, several at once, or `false`.
 *
 * @example
 * const limits: RouteRateLimit = [
 *   { name: 'burst', max: 2, timeWindow: '1 second' },
 *   { name: 'daily', max: 50, timeWindow: '1 day' }
 * ]
 * app.get('/export', { config: { rateLimit: limits } }, async () => 'data')
 */
export type RouteRateLimit =
  | AtLeastOne<RouteLimitOptions>
  | NoOptions
  | readonly AtLeastOne<LimitOptions>[]
  | false

/**
 * Options of ioredis' `Redis`, all of them.
 *
 * @example
 * const redis: RedisConnection = { host: 'redis.example.com', tls: {} }
 * await app.register(rateLimit, { redis })
 */
export interface RedisConnection {
  host?: string
  port?: number
  path?: string
  username?: string
  password?: string
  db?: number
  tls?: object
  [option: string]: unknown
}

/**
 * A client of node-redis, as far as its type matters here.
 *
 * @example
 * const withRedis = async (redis: NodeRedisClient) => app.register(rateLimit, { redis }) // createClient() of redis
 */
export interface NodeRedisClient {
  evalSha(...args: never[]): Promise<unknown>
  eval(...args: never[]): Promise<unknown>
}

/**
 * A client of `@upstash/redis`, as far as its type matters here.
 *
 * @example
 * const withRedis = async (redis: UpstashClient) => app.register(rateLimit, { redis }) // Redis.fromEnv() of @upstash/redis
 */
export interface UpstashClient {
  evalsha(...args: never[]): Promise<unknown>
  eval(...args: never[]): Promise<unknown>
  createScript(...args: never[]): unknown
}

/**
 * Options of `rateLimit`: the limit per address, and the options of all limits together.
 *
 * @example
 * const options: RateLimitOptions = { max: 300, timeWindow: '1 minute', user: { max: 1000 } }
 * await app.register(rateLimit, options)
 */
export interface RateLimitOptions extends LimitOptions {
  /**
   * Whether routes without `config.rateLimit`, and unknown routes, are limited.
   *
   * @defaultValue true
   */
  global?: boolean | undefined
  /**
   * Whether limits reject requests. `'observe'` makes `observe: true` the default of all limits, those of routes
   * included, and logs when a limit would have rejected a request.
   *
   * @defaultValue 'enforce'
   */
  mode?: Mode | undefined
  /**
   * A second limit per user, evaluated after authentication: `{ max, timeWindow, keyGenerator }`.
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
   * The store in which several processes count together: a client of ioredis, of node-redis 4 or later or of Upstash,
   * or options for one of ioredis (install `ioredis`). Redis 6 or Valkey. In a cluster a request makes one call for each
   * client that its limits count, else one for all.
   *
   * @defaultValue none: each process counts alone
   */
  redis?: RedisClient | NodeRedisClient | UpstashClient | RedisConnection | undefined
  /**
   * A class of the app that counts instead, written for `@fastify/rate-limit`. Each limit is one call; limits on
   * failures and `cost` need a store that gives back, so they stop the start with it.
   *
   * @defaultValue none: the process or Redis counts
   * @throws RangeError for a class without `incr` and `child`, and together with `redis`.
   */
  store?: RateLimitStoreClass | undefined
  /**
   * The prefix of every key in Redis. Services with the same prefix count together.
   *
   * @defaultValue 'seaworthy-rate-limit:', the service's name (`OTEL_SERVICE_NAME`, else that of its package) and ':'
   */
  nameSpace?: string | undefined
  /**
   * Milliseconds for which a request waits for Redis, 1 to 10000.
   *
   * @defaultValue 50
   */
  storeTimeout?: number | undefined
  /**
   * Keys that are counted one by one in this process, 1 to 10000000. Further ones share counters. One takes about 350
   * bytes, 2 KB at most.
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
   * Whether responses carry the headers `RateLimit` and `RateLimit-Policy` of the IETF's draft.
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

/** The default prefix of all keys in Redis. */
export const defaultPrefix = 'seaworthy-rate-limit:'

/** The options of the plugin that are not those of a limit. */
type PluginOptions = Omit<RateLimitOptions, keyof LimitOptions>

const defaults = {
  global: true,
  mode: 'enforce',
  user: false,
  failures: false,
  storeTimeout: 50,
  cache: 10_000,
  enableDraftSpec: false,
  policyHeaders: true
} as const satisfies PluginOptions

const pluginNames = optionNames<PluginOptions>({
  global: true,
  mode: true,
  user: true,
  failures: true,
  redis: true,
  store: true,
  nameSpace: true,
  storeTimeout: true,
  cache: true,
  enableDraftSpec: true,
  policyHeaders: true
})

/** Options of the plugin with defaults. Those of limits are resolved limit by limit. */
export type ResolvedRateLimit = LimitOptions &
  Pick<RateLimitOptions, 'user' | 'failures' | 'redis' | 'store' | 'nameSpace'> & {
    [Name in Exclude<keyof typeof defaults, 'user' | 'failures'>]: NonNullable<RateLimitOptions[Name]>
  }

/** Fills in the plugin's defaults and rejects invalid options. */
export function resolveRateLimit(options: RateLimitOptions): ResolvedRateLimit {
  check.object('rateLimit', options, 'an object or false')
  const present = withoutRegisterOptions(omitUndefined(options))
  check.keys('rateLimit', present, [...limitNames, ...pluginNames])
  const resolved = { ...defaults, ...present } as ResolvedRateLimit
  if (check.oneOf('rateLimit.mode', resolved.mode, modes) === 'observe') resolved.observe ??= true
  check.boolean('rateLimit.global', resolved.global)
  if (resolved.nameSpace !== undefined) check.string('rateLimit.nameSpace', resolved.nameSpace)
  if (resolved.store !== undefined) {
    if (!isStoreClass(resolved.store))
      check.fail('rateLimit.store', 'a class with the methods incr and child', resolved.store)
    if (resolved.redis !== undefined)
      check.fail('rateLimit.store', 'left out where "redis" is set', resolved.store)
  }
  const milliseconds = { min: 1, max: 10_000, unit: 'milliseconds' }
  check.integer('rateLimit.storeTimeout', resolved.storeTimeout, milliseconds)
  check.integer('rateLimit.cache', resolved.cache, { min: 1, max: 10_000_000 })
  check.boolean('rateLimit.enableDraftSpec', resolved.enableDraftSpec)
  check.boolean('rateLimit.policyHeaders', resolved.policyHeaders)
  return resolved
}

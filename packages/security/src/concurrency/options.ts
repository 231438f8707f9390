import type { AtLeastOne, NoOptions, Overridable } from '@seaworthy/contract'
import { omitUndefined, optionNames, type RedisClient, withoutRegisterOptions } from '@seaworthy/internal'
import type { FastifyRequest } from 'fastify'
import { modes, type Mode } from '../mode.ts'
import { check } from '../option-checks.ts'
import type { StoreErrorPolicy } from '../rate-limit/limit-options.ts'
import type { NodeRedisClient, RedisConnection, UpstashClient } from '../rate-limit/options.ts'

/**
 * How many requests of one key may run at the same time: of the app, or of a route.
 *
 * @example
 * const limit = { max: 2, onStoreError: 'closed' } satisfies ConcurrencyLimitOptions
 * app.post('/reports', { config: { concurrency: limit } }, async () => 'done')
 */
export interface ConcurrencyLimitOptions {
  /**
   * Requests of one key that run at the same time, at least 1, or a function that returns them: by the tenant's plan, for
   * example.
   *
   * @defaultValue 20
   */
  max?: number | ((request: FastifyRequest, key: string) => number | Promise<number>) | undefined
  /**
   * Whether requests count by user once authentication has run, or by address before it. With `'user'`, requests without
   * a user are not limited.
   *
   * @defaultValue 'user'
   */
  by?: 'ip' | 'user' | undefined
  /**
   * Returns the key of a request instead, such as its tenant. `undefined` leaves the request unlimited. With `by: 'user'`
   * it is called once there is a user; without that, never take the key from what a client can choose.
   *
   * @defaultValue the user (`request.user.sub` or `.id`, and the issuer of the token), or the address, IPv6 by its /64
   */
  keyGenerator?:
    | ((request: FastifyRequest) => string | number | undefined | Promise<string | number | undefined>)
    | undefined
  /**
   * The name in metrics and in the `RateLimit` headers. Limits of one name count together.
   *
   * @defaultValue 'concurrency', or the route
   */
  name?: string | undefined
  /**
   * Whether the limit only counts: headers and metrics as usual, but no request is rejected.
   *
   * @defaultValue false
   */
  observe?: boolean | undefined
  /**
   * The policy while Redis does not answer: `'local'` counts in this process, `'open'` lets all requests pass,
   * `'closed'` answers 503.
   *
   * @defaultValue 'local'
   */
  onStoreError?: StoreErrorPolicy | undefined
}

/**
 * A route's `config.concurrency`: its limit instead of the app's, or `false`.
 *
 * @example
 * const none: RouteConcurrency = false
 * app.get('/events', { config: { concurrency: none } }, async () => 'ok')
 */
export type RouteConcurrency = AtLeastOne<ConcurrencyLimitOptions> | NoOptions | false

/**
 * Options of `concurrencyLimit`: the app's limit, and the options of all limits together.
 *
 * @example
 * const options: ConcurrencyOptions = { max: 10, redis: { host: 'redis.example.com' } }
 * await app.register(concurrencyLimit, options)
 */
export interface ConcurrencyOptions extends ConcurrencyLimitOptions {
  /**
   * Whether routes without `config.concurrency` are limited.
   *
   * @defaultValue true
   */
  global?: boolean | undefined
  /**
   * `'observe'` makes `observe: true` the default of all limits, and logs when a limit would have rejected a request.
   *
   * @defaultValue 'enforce'
   */
  mode?: Mode | undefined
  /**
   * The store in which several processes count together: a client of ioredis, of node-redis 4 or later or of Upstash,
   * or options for one of ioredis (install `ioredis`). Redis 6 or Valkey. A request makes one call when it starts and one when it ends.
   *
   * @defaultValue none: each process counts alone
   */
  redis?: RedisClient | NodeRedisClient | UpstashClient | RedisConnection | undefined
  /**
   * The prefix of every key in Redis. Services with the same prefix count together.
   *
   * @defaultValue 'seaworthy-concurrency:', the service's name (`OTEL_SERVICE_NAME`, else that of its package) and ':'
   */
  nameSpace?: string | undefined
  /**
   * Milliseconds for which a request waits for Redis, 1 to 10000.
   *
   * @defaultValue 50
   */
  storeTimeout?: number | undefined
  /**
   * Milliseconds after which Redis no longer counts a request whose process has died, 1000 to 600000. Running requests
   * are renewed three times in that time, however long they take.
   *
   * @defaultValue 15000
   */
  leaseTime?: number | undefined
  /**
   * Whether responses carry the limit in the headers `RateLimit` and `RateLimit-Policy` of the IETF's draft.
   *
   * @defaultValue true
   */
  policyHeaders?: boolean | undefined
}

interface ConcurrencyConfig {
  /** The route's limit of requests that run at the same time, or `false` for none. */
  concurrency?: Overridable<this, RouteConcurrency>
}

declare module 'fastify' {
  interface FastifyContextConfig extends ConcurrencyConfig {}
}

/** The names of a limit's options. */
export const limitNames: readonly string[] = optionNames<ConcurrencyLimitOptions>({
  max: true,
  by: true,
  keyGenerator: true,
  name: true,
  observe: true,
  onStoreError: true
})

type PluginOptions = Omit<ConcurrencyOptions, keyof ConcurrencyLimitOptions>

const pluginNames = optionNames<PluginOptions>({
  global: true,
  mode: true,
  redis: true,
  nameSpace: true,
  storeTimeout: true,
  leaseTime: true,
  policyHeaders: true
})

const defaults = {
  global: true,
  mode: 'enforce',
  storeTimeout: 50,
  leaseTime: 15_000,
  policyHeaders: true
} as const satisfies PluginOptions

/** Options of the plugin with defaults. Those of limits are resolved limit by limit. */
export type ResolvedConcurrency = ConcurrencyLimitOptions &
  Pick<ConcurrencyOptions, 'redis' | 'nameSpace'> & {
    [Name in keyof typeof defaults]: NonNullable<ConcurrencyOptions[Name]>
  }

/** Fills in the plugin's defaults and rejects invalid options. */
export function resolveConcurrency(options: ConcurrencyOptions): ResolvedConcurrency {
  check.object('concurrency', options, 'an object or false')
  const present = withoutRegisterOptions(omitUndefined(options))
  check.keys('concurrency', present, [...limitNames, ...pluginNames])
  const resolved = { ...defaults, ...present } as ResolvedConcurrency
  if (check.oneOf('concurrency.mode', resolved.mode, modes) === 'observe') resolved.observe ??= true
  check.boolean('concurrency.global', resolved.global)
  if (resolved.nameSpace !== undefined) check.string('concurrency.nameSpace', resolved.nameSpace)
  const milliseconds = { min: 1, max: 10_000, unit: 'milliseconds' }
  check.integer('concurrency.storeTimeout', resolved.storeTimeout, milliseconds)
  check.integer('concurrency.leaseTime', resolved.leaseTime, { ...milliseconds, min: 1000, max: 600_000 })
  check.boolean('concurrency.policyHeaders', resolved.policyHeaders)
  return resolved
}

import type { FastifyRequest } from 'fastify'

/**
 * The policy for requests while the shared store does not answer.
 *
 * @example
 * const onStoreError: StoreErrorPolicy = 'closed'
 * await app.register(rateLimit, { redis: { host: 'redis' }, onStoreError })
 */
export type StoreErrorPolicy = 'local' | 'open' | 'closed'

/**
 * A header about a limit that can be left out. The names without `x-` are those of `enableDraftSpec`.
 *
 * @example
 * const header: RateLimitHeader = 'retry-after'
 * await app.register(rateLimit, { addHeaders: { [header]: false } })
 */
export type RateLimitHeader =
  | 'x-ratelimit-limit'
  | 'x-ratelimit-remaining'
  | 'x-ratelimit-reset'
  | 'ratelimit-limit'
  | 'ratelimit-remaining'
  | 'ratelimit-reset'
  | 'retry-after'

/**
 * The hook in which a limit is evaluated.
 *
 * @example
 * const hook: RateLimitHook = 'preHandler'
 * await app.register(rateLimit, { hook })
 */
export type RateLimitHook = 'onRequest' | 'preParsing' | 'preValidation' | 'preHandler'

/**
 * The rejection for which `errorResponseBuilder` makes a response.
 *
 * @example
 * const errorResponseBuilder = (_request: object, { after, max }: RateLimitContext) => ({ statusCode: 429, error: `${max} at most, wait ${after}` })
 * await app.register(rateLimit, { errorResponseBuilder })
 */
export interface RateLimitContext {
  /** 429, or 403 for a banned client. */
  statusCode: number
  /** Whether the client was rejected so often that it is banned. */
  ban: boolean
  max: number
  /** Milliseconds until a request would pass. */
  ttl: number
  /** `ttl` in words: `1 minute`. */
  after: string
}

/**
 * One limit: of the app, of a route, or of a hook.
 *
 * @example
 * const limit: LimitOptions = { max: 10, timeWindow: '15 minutes', failuresOnly: [401] }
 * await app.register(rateLimit, { failures: limit })
 */
export interface LimitOptions {
  /**
   * Requests within the window, at least 0, or a function that returns them (`Infinity`: no limit). While an app has not set it, files of
   * `@fastify/static` are counted apart, up to 1000, and requests by `app.inject()` without an address are never rejected.
   *
   * @defaultValue 100
   */
  max?: number | ((request: FastifyRequest, key: string) => number | Promise<number>) | undefined
  /**
   * The window: milliseconds from 1 to a year, a text with a unit such as `'1 minute'`, or a function that returns
   * milliseconds. It slides: in no stretch of this length do more than `max` requests pass.
   *
   * @defaultValue '1 minute'
   * @throws RangeError for a text without a unit: `'60'` could be milliseconds or seconds.
   */
  timeWindow?:
    | number
    | string
    | ((request: FastifyRequest, key: string) => number | Promise<number>)
    | undefined
  /**
   * Whether requests are counted by address, or by user once authentication has run.
   *
   * @defaultValue 'ip'
   */
  by?: 'ip' | 'user' | undefined
  /**
   * Returns the key of a request instead. `undefined` leaves the request uncounted, unless it has no address either (a
   * Unix socket, a reset connection): such requests are counted together. Pass addresses through `normalizeIP`.
   *
   * @defaultValue the address, IPv6 by its /64; with `by: 'user'` `request.user.sub` or `.id`, and the issuer of the token
   */
  keyGenerator?:
    | ((request: FastifyRequest) => string | number | undefined | Promise<string | number | undefined>)
    | undefined
  /**
   * Requests that one request counts for, at least 1, or a function that returns them.
   *
   * @defaultValue 1
   */
  cost?: number | ((request: FastifyRequest) => number) | undefined
  /**
   * Counts only responses with these status codes, 400 to 599: failed logins, rejected tokens. A request is counted
   * when it arrives and given back when it succeeds, so many at once cannot pass.
   *
   * @defaultValue none: every request counts
   */
  failuresOnly?: readonly number[] | undefined
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
  /**
   * The option of `@fastify/rate-limit`: `true` is `onStoreError: 'local'` (requests pass and are counted), `false` is
   * `'closed'`.
   *
   * @defaultValue none: `onStoreError` applies
   * @throws RangeError together with `onStoreError`.
   */
  skipOnError?: boolean | undefined
  /**
   * Addresses and CIDR ranges without a limit, compared with the address (never with the key), or a function.
   *
   * @defaultValue []
   */
  allowList?:
    | readonly string[]
    | ((request: FastifyRequest, key: string) => boolean | Promise<boolean>)
    | undefined
  /**
   * The hook in which the limit is evaluated.
   *
   * @defaultValue 'onRequest', before authentication; with `by: 'user'` as soon as there is a user
   */
  hook?: RateLimitHook | undefined
  /**
   * Counts the routes of one group together.
   *
   * @defaultValue none: each route counts alone, GET and HEAD together
   */
  groupId?: string | undefined
  /**
   * The name in metrics and in the `RateLimit` headers.
   *
   * @defaultValue 'ip', 'user' or the route
   */
  name?: string | undefined
  /**
   * The number of rejections in a row after which the response is 403, at least -1. `-1` is never.
   *
   * @defaultValue -1
   */
  ban?: number | undefined
  /**
   * Whether rejected requests count too: a client that does not pause stays rejected.
   *
   * @defaultValue false
   */
  continueExceeding?: boolean | undefined
  /**
   * Whether each rejection in a row doubles the time until a request passes, from one window up to a day (or one window,
   * if that is longer). `continueExceeding` is then without effect.
   *
   * @defaultValue false
   */
  exponentialBackoff?: boolean | undefined
  /**
   * The headers of a rejection, on top of those of the app: `{ 'x-ratelimit-limit': false }` leaves one out, as
   * `'retry-after'` too.
   *
   * @defaultValue `{}`: all
   */
  addHeaders?: Partial<Record<RateLimitHeader, boolean>> | undefined
  /**
   * The headers of other responses, on top of those of the app.
   *
   * @defaultValue `{}`: all
   */
  addHeadersOnExceeding?: Partial<Record<RateLimitHeader, boolean>> | undefined
  /**
   * Bits of an IPv6 address that identify a client, 1 to 128.
   *
   * @defaultValue 64
   */
  ipv6Subnet?: number | undefined
  /**
   * Called after a request has passed; its errors are logged.
   *
   * @defaultValue none: nothing is called
   */
  onExceeding?: ((request: FastifyRequest, key: string) => void) | undefined
  /**
   * Called after a request has been rejected; its errors are logged.
   *
   * @defaultValue none: nothing is called
   */
  onExceeded?: ((request: FastifyRequest, key: string) => void) | undefined
  /**
   * Called after a client has been banned; its errors are logged.
   *
   * @defaultValue none: nothing is called
   */
  onBanReach?: ((request: FastifyRequest, key: string) => void) | undefined
  /**
   * Returns the error, or the body, of a rejection. Its `statusCode` overrides 429 (403 for a banned client).
   *
   * @defaultValue none: an error with the code RATE_LIMITED
   */
  errorResponseBuilder?: ((request: FastifyRequest, context: RateLimitContext) => object) | undefined
}

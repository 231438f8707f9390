import type { AtLeastOne, NoOptions } from '@seaworthy/contract'
import type { FastifyRequest, LogLevel } from 'fastify'

/**
 * One origin, or a pattern of origins, anchored and with escaped dots: `/^https:\/\/[a-z]+\.example\.com$/`.
 *
 * @example
 * const origin: OriginRule = /^https:\/\/[a-z]+\.app\.example\.com$/
 * await app.register(cors, { origin })
 */
export type OriginRule = string | RegExp

/**
 * Origins and patterns, also in nested lists. A boolean in a list is rejected at the start.
 *
 * @example
 * const origin: OriginList = ['https://app.example.com', /^https:\/\/[a-z]+\.app\.example\.com$/]
 * await app.register(cors, { origin })
 */
export type OriginList = readonly (OriginRule | boolean | OriginList)[]

/**
 * Decides about an origin: by a callback, a promise, or at once if it has no second parameter. An error disallows it.
 *
 * @example
 * const origin: OriginFunction = (from, callback) => callback(null, from?.endsWith('.example.com'))
 * await app.register(cors, { origin })
 */
export type OriginFunction = (
  origin: string | undefined,
  callback: (error: Error | null, allow?: unknown) => void
) => unknown

/**
 * Returns the options for a request: at once, by a promise, or by a callback. `false` allows no origin.
 *
 * @example
 * const delegator: CorsDelegator = (request) => ({ origin: request.url.startsWith('/public') ? '*' : 'https://app.example.com' })
 * await app.register(cors, { delegator })
 */
export type CorsDelegator = (
  request: FastifyRequest,
  callback: (error: Error | null, options?: CorsOptions) => void
) => PromiseLike<CorsOptions | false> | CorsOptions | false | void

/**
 * The hook in which the headers are set.
 *
 * @example
 * const hook: CorsHook = 'preHandler'
 * await app.register(cors, { origin: ['https://app.example.com'], hook })
 */
export type CorsHook = 'onRequest' | 'preParsing' | 'preValidation' | 'preHandler' | 'preSerialization'

/**
 * A route's `config.cors`: options on top of the plugin's, or `false` for none.
 *
 * @example
 * const open: RouteCors = { origin: '*', credentials: false }
 * app.get('/public', { config: { cors: open } }, async () => 'for every origin')
 */
export type RouteCors =
  | AtLeastOne<Omit<CorsOptions, 'delegator' | 'hook' | 'hideOptionsRoute' | 'logLevel'>>
  | NoOptions
  | false

/**
 * Options of `cors`: all of @fastify/cors, checked. Without `origin` no other origin may read responses.
 *
 * @example
 * const options: CorsOptions = { origin: ['https://app.example.com'], credentials: true, maxAge: 600 }
 * await app.register(cors, options)
 */
export interface CorsOptions {
  /**
   * The origins that may read responses: a list of origins and anchored patterns, or a function. `true` allows every
   * origin by its name. `'*'` allows every origin and excludes `credentials`, as `'null'` does. `false` allows none but
   * the service's own.
   *
   * @defaultValue false
   * @throws RangeError for a pattern that matches more than it seems to, and for every origin with `credentials`.
   */
  origin?: boolean | OriginRule | OriginList | OriginFunction | undefined
  /**
   * Returns the options per request, at once or by a promise, or calls back as in `@fastify/cors`: `(request, callback)`.
   * `false` allows no origin.
   *
   * @defaultValue none: the options are the same for each request
   */
  delegator?: CorsDelegator | undefined
  /**
   * The hook in which the headers are set.
   *
   * @defaultValue 'onRequest'
   */
  hook?: CorsHook | undefined
  /**
   * Whether allowed origins may send cookies and other credentials, and read the responses.
   *
   * @defaultValue false
   */
  credentials?: boolean | undefined
  /**
   * The response headers that allowed origins may read. `'*'` is every header, without `credentials`.
   *
   * @defaultValue none: only those that browsers always expose
   * @throws RangeError for `'*'` with `credentials`, where it is no wildcard.
   */
  exposedHeaders?: string | string[] | undefined
  /**
   * The headers that a cross-origin request may have. `'*'` is every header but `Authorization`, without `credentials`.
   *
   * @defaultValue those that the preflight requests
   * @throws RangeError for `'*'` with `credentials`, where it is no wildcard.
   */
  allowedHeaders?: string | string[] | undefined
  /**
   * The methods that a cross-origin request may have, in capital letters.
   *
   * @defaultValue ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE']
   * @throws RangeError for other letters, and for `'*'` with `credentials`, where it is no wildcard.
   */
  methods?: string | string[] | undefined
  /**
   * Seconds for which browsers cache the response to a preflight, at least 0.
   *
   * @defaultValue none: the browser decides
   */
  maxAge?: number | undefined
  /**
   * The `Cache-Control` of the response to a preflight: seconds, at least 0, or the whole header.
   *
   * @defaultValue none: the response has no such header
   */
  cacheControl?: number | string | undefined
  /**
   * Passes preflights on to the route.
   *
   * @defaultValue false
   */
  preflightContinue?: boolean | undefined
  /**
   * The status code of the response to a preflight, 200 to 299.
   *
   * @defaultValue 204
   */
  optionsSuccessStatus?: number | undefined
  /**
   * Whether preflights are answered at all.
   *
   * @defaultValue true
   */
  preflight?: boolean | undefined
  /**
   * Whether a preflight without its required headers is answered with 400. With `false` each `OPTIONS` request counts as
   * a preflight.
   *
   * @defaultValue true
   */
  strictPreflight?: boolean | undefined
  /**
   * Hides the route for preflights from the documents of `@fastify/swagger`.
   *
   * @defaultValue true
   */
  hideOptionsRoute?: boolean | undefined
  /**
   * The log level of the route for preflights.
   *
   * @defaultValue none: the app's
   */
  logLevel?: LogLevel
}

/** The defaults that are not those of @fastify/cors. */
export const corsDefaults: Pick<CorsOptions, 'methods'> = {
  methods: ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE']
}

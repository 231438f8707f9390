import {
  constructorReportPort,
  earlyRejectionOptions,
  hasEarlyRejectionOptions,
  provided,
  type EarlyRejectionOptions
} from '@seaworthy/contract'
import { omitUndefined } from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'
import { check } from './option-checks.ts'
import { resolveTrustProxy, trustedProxies, type TrustsProxy } from './trusted-proxies.ts'

/**
 * Options that only Fastify's constructor can apply. The plugin takes the same, to check that they are applied.
 *
 * @example
 * const options: SecurityServerOptions = { trustProxy: ['10.0.0.0/8'], bodyLimit: 4_194_304 }
 * const app = Fastify(securityServerOptions(options))
 */
export interface SecurityServerOptions {
  /**
   * The proxies in front of the service: addresses, CIDR ranges, and the names `loopback`, `linklocal`, `uniquelocal`;
   * a list, or a text with commas. Only their `X-Forwarded-For`, `-Host` and `-Proto` are trusted. `true` and hop
   * counts are rejected: they let clients choose their address.
   *
   * @defaultValue false
   * @throws RangeError for `true`, a number, an entry that is no address, and a range of all addresses.
   */
  trustProxy?: readonly string[] | string | false | undefined
  /**
   * The largest body, in bytes, at least 1, unless a route sets its own. A larger one is answered with 413.
   *
   * @defaultValue 1048576
   */
  bodyLimit?: number | undefined
  /**
   * Milliseconds for a whole request to arrive, 1 to 2147483647. A slower one is answered with 408. Fastify's own
   * default is no limit.
   *
   * @defaultValue 60000
   */
  requestTimeout?: number | undefined
  /**
   * Milliseconds for a request's headers to arrive, from 1 to `requestTimeout`. Slower ones are answered with 408.
   *
   * @defaultValue 15000, or `requestTimeout` if that is less
   */
  headersTimeout?: number | undefined
  /**
   * Characters of one parameter of a path, at least 1. A longer one is answered with 414.
   *
   * @defaultValue 100
   */
  maxParamLength?: number | undefined
  /**
   * Further options of Node's HTTP server: `maxHeaderSize`, `connectionsCheckingInterval`, … They override the others.
   *
   * @defaultValue `{}`
   */
  http?: Record<string, unknown> | undefined
}

/**
 * The options for Fastify's constructor: `Fastify({ …, ...settings })`.
 *
 * @example
 * const settings: SecurityServerSettings = securityServerOptions()
 * const app = Fastify(settings)
 */
export interface SecurityServerSettings {
  /** Whether the `X-Forwarded-*` headers of a proxy are trusted. */
  trustProxy: TrustsProxy | false
  /** The largest body, in bytes, at least 1. */
  bodyLimit: number
  /** Milliseconds for a whole request to arrive, at least 1. */
  requestTimeout: number
  /** Options of the router: characters of one parameter of a path, at least 1. */
  routerOptions: { maxParamLength: number }
  /** Options of Node's HTTP server. */
  http: Record<string, unknown>
  /** A body with `__proto__` is rejected. */
  onProtoPoisoning: 'error'
  /** A body with `constructor.prototype` is rejected. */
  onConstructorPoisoning: 'error'
  /** Responds to requests that Fastify rejects before any hook. */
  frameworkErrors: EarlyRejectionOptions['frameworkErrors']
  /** Responds to bytes that are not a valid request. */
  clientErrorHandler: EarlyRejectionOptions['clientErrorHandler']
}

const defaults = {
  trustProxy: false,
  bodyLimit: 1_048_576,
  requestTimeout: 60_000,
  headersTimeout: 15_000,
  maxParamLength: 100,
  http: {}
} as const

/** Node looks for slow connections this often, in milliseconds. Its own 30 s would add up to 30 s to each timeout. */
const maxCheckInterval = 5000

/**
 * The options of Fastify's constructor: trusted proxies, limits on size and time, and handlers for requests that
 * Fastify rejects before any hook. Other members of the plugin's options are ignored, so one object serves both.
 *
 * @example
 * const options = { trustProxy: ['10.0.0.0/8'] }
 * const app = Fastify(securityServerOptions(options))
 * await app.register(security, options)
 * @throws RangeError with the code `INVALID_OPTION` for an invalid option.
 */
export function securityServerOptions(options: SecurityServerOptions = {}): SecurityServerSettings {
  const { headersTimeout, ...others } = omitUndefined(options)
  const { trustProxy, bodyLimit, requestTimeout, maxParamLength, http } = { ...defaults, ...others }
  const rule = { min: 1, max: 2_147_483_647, unit: 'milliseconds' }
  const proxies = resolveTrustProxy(trustProxy)
  const request = check.integer('requestTimeout', requestTimeout, rule)
  const fallback = Math.min(defaults.headersTimeout, request)
  const headers = check.integer('headersTimeout', headersTimeout ?? fallback, rule)
  if (headers > request)
    check.fail('headersTimeout', `${request} milliseconds ("requestTimeout") at most`, headers)

  return {
    trustProxy: proxies && trustedProxies(proxies),
    bodyLimit: check.integer('bodyLimit', bodyLimit, { min: 1, unit: 'bytes' }),
    requestTimeout: request,
    routerOptions: { maxParamLength: check.integer('maxParamLength', maxParamLength, { min: 1 }) },
    http: {
      headersTimeout: headers,
      connectionsCheckingInterval: Math.min(maxCheckInterval, headers),
      ...http
    },
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    ...earlyRejectionOptions
  }
}

/** Warns once about options that Fastify's constructor lacks: without them some input is not protected. */
export function warnAboutMissingServerOptions(fastify: FastifyInstance): void {
  if (provided(fastify, constructorReportPort)) return
  const missing = [
    ...(fastify.server.requestTimeout > 0 ? [] : ['slow bodies are never cut off (requestTimeout is 0)']),
    ...(hasEarlyRejectionOptions(fastify)
      ? []
      : ['malformed URLs and requests are answered without security headers'])
  ]
  if (missing.length > 0) {
    fastify.log.warn(
      { missing },
      `security: options of the constructor are missing: ${missing.join(', ')}; all else is protected; build the app with Fastify({ ...securityServerOptions() })`
    )
  }
}

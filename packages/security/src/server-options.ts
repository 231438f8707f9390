import type { FastifyInstance } from 'fastify'
import { earlyRejectionOptions, type EarlyRejectionOptions } from '@seaworthy/contract'
import { addressList } from '@seaworthy/internal'
import { check, given } from './option-checks.ts'

/** What only Fastify's constructor can set. Give the same to the plugin, so that it can check. */
export interface SecurityServerOptions {
  /**
   * The proxies in front: addresses and CIDR ranges. Only their `X-Forwarded-For`, `-Host` and `-Proto` count. Also
   * `loopback`, `linklocal`, `uniquelocal`. `true` and hop counts are refused: they let clients choose their address.
   *
   * @defaultValue false
   */
  trustProxy?: readonly string[] | string | false | undefined
  /**
   * The largest body, in bytes, unless a route says otherwise. Past it: 413.
   *
   * @defaultValue 1048576
   */
  bodyLimit?: number | undefined
  /**
   * Milliseconds within which a whole request must have arrived. Past it: 408. Fastify's own default is never.
   *
   * @defaultValue 60000
   */
  requestTimeout?: number | undefined
  /**
   * Milliseconds within which a request's headers must have arrived. Past it: 408.
   *
   * @defaultValue 15000, or `requestTimeout` where that is less
   */
  headersTimeout?: number | undefined
  /**
   * Characters in one parameter of a path. Past it: 414.
   *
   * @defaultValue 100
   */
  maxParamLength?: number | undefined
  /**
   * Further options of Node's HTTP server: `maxHeaderSize`, `connectionsCheckingInterval`, … They win.
   *
   * @defaultValue `{}`
   */
  http?: Record<string, unknown> | undefined
}

/** What to spread into `Fastify({ … })`. */
export interface SecurityServerSettings {
  trustProxy: string[] | false
  bodyLimit: number
  requestTimeout: number
  routerOptions: { maxParamLength: number }
  http: Record<string, unknown>
  onProtoPoisoning: 'error'
  onConstructorPoisoning: 'error'
  frameworkErrors: EarlyRejectionOptions['frameworkErrors']
  clientErrorHandler: EarlyRejectionOptions['clientErrorHandler']
}

const names = new Set(['loopback', 'linklocal', 'uniquelocal'])

/** The list of proxies, checked; false where nobody is trusted. */
export function resolveTrustProxy(value: unknown): string[] | false {
  if (value === undefined || value === false) return false

  const entries: unknown = typeof value === 'string' ? value.split(',').map((entry) => entry.trim()) : value
  if (!Array.isArray(entries) || entries.some((entry) => typeof entry !== 'string' || entry === '')) {
    return check.fail(
      'trustProxy',
      'a list of addresses and CIDR ranges or false (true and hop counts let clients choose their address)',
      value
    )
  }
  const ranges = (entries as string[]).filter((entry) => !names.has(entry))
  addressList('security: "trustProxy"', ranges)
  const everybody = ranges.find((range) => /\/0+$/.test(range))
  if (everybody !== undefined) check.fail('trustProxy', 'narrower than everybody', everybody)
  return entries.length === 0 ? false : (entries as string[])
}

/**
 * The constructor's part: whom to believe, how much and how long to read, and eyes for requests that Fastify refuses
 * before any hook. Other members of the plugin's options are left alone, so the same object serves both.
 *
 * @example
 * const options = { trustProxy: ['10.0.0.0/8'] }
 * const app = Fastify(securityServerOptions(options))
 * await app.register(security, options)
 * @throws RangeError for an option that cannot work.
 */
export function securityServerOptions(options: SecurityServerOptions = {}): SecurityServerSettings {
  const {
    trustProxy,
    bodyLimit = 1_048_576,
    requestTimeout = 60_000,
    headersTimeout = Number.isSafeInteger(requestTimeout)
      ? Math.min(15_000, requestTimeout || 15_000)
      : 15_000,
    maxParamLength = 100,
    http = {}
  } = given(options)
  const timeout = { min: 1, max: 2_147_483_647, unit: 'milliseconds' }
  const proxies = resolveTrustProxy(trustProxy)
  const headers = check.integer('headersTimeout', headersTimeout, timeout)
  const request = check.integer('requestTimeout', requestTimeout, timeout)
  if (headers > request)
    check.fail('headersTimeout', `${request} milliseconds ("requestTimeout") at most`, headers)

  return {
    trustProxy: proxies,
    bodyLimit: check.integer('bodyLimit', bodyLimit, { min: 1, unit: 'bytes' }),
    requestTimeout: request,
    routerOptions: { maxParamLength: check.integer('maxParamLength', maxParamLength, { min: 1 }) },
    // Node looks for slow connections this often; its own 30 s would make each of the timeouts up to 30 s longer.
    http: { headersTimeout: headers, connectionsCheckingInterval: Math.min(5000, headers), ...http },
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    ...earlyRejectionOptions
  }
}

/** Says once what the constructor lacks: the plugins work without, but not on everything that comes in. */
export function warnWhereMissing(fastify: FastifyInstance): void {
  const refusals = fastify.server
    .listeners('clientError')
    .some((listener) => listener.name.includes('clientErrorHandler'))
  const missing = [
    ...(fastify.server.requestTimeout > 0 ? [] : ['slow bodies are never cut (requestTimeout is 0)']),
    ...(refusals ? [] : ['malformed URLs and requests are answered without security headers'])
  ]
  if (missing.length > 0) {
    fastify.log.warn(
      { missing },
      `security: ${missing.join('; ')}. Build the app with Fastify({ ...securityServerOptions() })`
    )
  }
}

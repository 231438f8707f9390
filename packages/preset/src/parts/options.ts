import type { AuthOptions } from 'fastify-seaworthy/auth'
import { invalidOption, isObject, nearest, optionChecks, withoutRegisterOptions } from '@seaworthy/internal'
import type { ErrorsOptions } from '@seaworthy/errors'
import type { HealthOptions } from '@seaworthy/health'
import type { ObservabilityOptions, ObservabilityServerOptions } from '@seaworthy/observability'
import type { ResilienceOptions } from '@seaworthy/resilience'
import type { SecurityOptions, SecurityServerOptions } from '@seaworthy/security'
import type { ShutdownOptions } from '@seaworthy/shutdown'
import type { FastifyBaseLogger } from 'fastify'
import type { RedisOption } from '../redis/options.ts'
import { checkTls, type TlsOptions } from '../tls/options.ts'
import { nearPlaceOf, placeOf } from './misplaced-options.ts'

/**
 * The switch of a part: `false` leaves it out, `true` uses its defaults, an object is its options.
 *
 * @example
 * const auth: PartOptions<{ defaultDeny?: boolean }> = false
 * await app.register(seaworthy, { auth })
 */
export type PartOptions<T> = boolean | T

/**
 * The options of the observability plugin and of its constructor half: `level`, `logger` and `loggerInstance`.
 *
 * @example
 * const observability: ObservabilityPart = { level: 'debug', logging: { slowThreshold: 500 } }
 * await app.register(seaworthy, { observability })
 */
export type ObservabilityPart = ObservabilityOptions &
  Pick<ObservabilityServerOptions, 'level' | 'logger'> & {
    /**
     * A logger that the app made, instead of `logger`.
     *
     * @defaultValue none: a logger is made with the options in `logger`
     */
    loggerInstance?: FastifyBaseLogger | undefined
  }

/**
 * The options of the security plugin and of its constructor half: `trustProxy`, `bodyLimit`, timeouts.
 *
 * @example
 * const security: SecurityPart = { trustProxy: ['10.0.0.0/8'], cors: { origin: ['https://app.example.com'] } }
 * await app.register(seaworthy, { security })
 */
export type SecurityPart = SecurityOptions & SecurityServerOptions

/**
 * Options of the preset: one key for each part. All are optional.
 *
 * @example
 * const options: SeaworthyOptions = { security: { rateLimit: { max: 300 } }, auth: false }
 * const app = Fastify(serverOptions(options))
 * await app.register(seaworthy, options)
 */
export interface SeaworthyOptions {
  /**
   * Logs, ids, metrics, error tracking, the management listener.
   *
   * @defaultValue true
   */
  observability?: PartOptions<ObservabilityPart>

  /**
   * The same error shape for every response.
   *
   * @defaultValue true
   */
  errors?: PartOptions<ErrorsOptions>

  /**
   * Graceful shutdown: signals, drain, closing of resources.
   *
   * @defaultValue true
   */
  shutdown?: PartOptions<ShutdownOptions>

  /**
   * Liveness, readiness and startup probes.
   *
   * @defaultValue true
   */
  health?: PartOptions<HealthOptions>

  /**
   * Circuit breakers, deadlines, load shedding.
   *
   * @defaultValue true
   */
  resilience?: PartOptions<ResilienceOptions>

  /**
   * Security headers, CORS, rate limits, strict validation.
   *
   * @defaultValue true
   */
  security?: PartOptions<SecurityPart>

  /**
   * Tokens, sessions, OAuth2, API keys, roles.
   *
   * @defaultValue true
   */
  auth?: PartOptions<AuthOptions>

  /**
   * One Redis or Valkey for all state that processes share: rate limits, revocation, refresh tokens, sessions. Either a
   * client, which the app closes, or an address: the preset then opens a connection, checks it in readiness (not
   * critical: each feature has a policy for its outage) and closes it last.
   *
   * @defaultValue none: state is kept in memory, per process
   */
  redis?: RedisOption | undefined

  /**
   * The files of the server's TLS certificate. `serverOptions` makes an HTTPS server of them, HTTP/2 with `http2: true` of
   * Fastify's, and new contents of the files replace the certificate without a restart, after a check.
   *
   * @defaultValue none: the server has no TLS, or that of Fastify's option `https`
   */
  tls?: TlsOptions | undefined

  /**
   * Adoption mode, for an app that is being converted: validation, pattern checks, headers, limits, `defaultDeny` and the
   * statuses of errors only observe, and log what they would reject or change. The `mode` of a part overrides it.
   *
   * @defaultValue false; `true` where the environment has `SEAWORTHY_ADOPT=1`
   */
  adopt?: boolean | undefined

  /**
   * Whether the preset may cover a part of the app alone: the scope in which it is registered. Otherwise routes outside
   * of that scope, which have no headers, limits or guards whatever their config says, stop the start.
   *
   * @defaultValue false
   */
  encapsulate?: boolean | undefined
}

/** The parts in the order in which they are registered. */
export const partNames = [
  'observability',
  'errors',
  'shutdown',
  'health',
  'resilience',
  'security',
  'auth'
] as const

export type PartName = (typeof partNames)[number]

const check = optionChecks('seaworthy')

/**
 * Checks the names and switches of the parts; each part checks its options. `fromEnv` adds `env` and `listen`, for the
 * app.
 *
 * @throws RangeError with the code `INVALID_OPTION`.
 */
export function checkOptions(options: SeaworthyOptions): void {
  const all: unknown = options
  if (!isObject(all)) throw invalidOption('seaworthy: the options must be an object')
  const names = [...partNames, 'redis', 'tls', 'adopt', 'encapsulate', 'env', 'listen']
  for (const name of Object.keys(withoutRegisterOptions(options)))
    if (!names.includes(name)) failUnknown(name, names)
  check.keys('', options, names)
  for (const name of partNames) {
    const value: unknown = options[name]
    const isValid = value === undefined || typeof value === 'boolean' || isObject(value)
    if (!isValid) check.fail(name, 'false, true or an object of options', value)
    if (typeof value !== 'object' || value === null) continue
    for (const key of Object.keys(value)) failMisplaced(`${name}.${key}`, placeOf(key, name))
  }
  const { redis, tls, adopt, encapsulate } = options
  if (tls !== undefined) checkTls(tls)
  if (adopt !== undefined) check.boolean('adopt', adopt)
  if (encapsulate !== undefined) check.boolean('encapsulate', encapsulate)
  if (redis !== undefined && (typeof redis !== 'object' || redis === null)) {
    check.fail('redis', 'a connection ({ host, port }) or an ioredis client', redis)
  }
}

function failUnknown(name: string, names: readonly string[]): void {
  failMisplaced(name, placeOf(name))
  const near = nearest(name, names) === undefined ? nearPlaceOf(name) : undefined
  if (near !== undefined)
    throw invalidOption(`seaworthy: "${name}" is not an option, did you mean "${near}"?`)
}

function failMisplaced(name: string, place: string | undefined): void {
  if (place !== undefined) throw invalidOption(`seaworthy: "${name}" is not an option: write "${place}"`)
}

/** The options of a part. Empty where the switch is a boolean. */
export const partOptions = <T extends object>(value: PartOptions<T> | undefined): T =>
  (typeof value === 'object' ? value : {}) as T

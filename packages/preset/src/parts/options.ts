import type { AuthOptions } from 'fastify-seaworthy/auth'
import { optionChecks, type Secret } from '@seaworthy/internal'
import type { ErrorsOptions } from '@seaworthy/errors'
import type { HealthOptions } from '@seaworthy/health'
import type { ObservabilityOptions, ObservabilityServerOptions } from '@seaworthy/observability'
import type { ResilienceOptions } from '@seaworthy/resilience'
import type { SecurityOptions, SecurityServerOptions } from '@seaworthy/security'
import type { ShutdownOptions } from '@seaworthy/shutdown'
import type { FastifyBaseLogger } from 'fastify'
import type { RedisClient } from '../redis/redis-client.ts'

/** How a part is switched: `false` leaves it out, `true` takes its defaults, an object is its options. */
export type PartOptions<T> = boolean | T

/** Where Redis or Valkey is. */
export interface RedisConnection {
  /** Host name or address. */
  host: string
  /** TCP port, 1–65535. Default 6379. */
  port?: number
  /** User of an access control list. */
  username?: string
  /** Password; a {@link Secret} is never printed. */
  password?: string | Secret
  /** Database number. Default 0. */
  db?: number
  /** Whether to speak TLS. Default false. */
  tls?: boolean
}

/** A client that you made and will close, or where to connect. */
export type RedisOption = RedisConnection | RedisClient

/** The plugin's options, and what its constructor part adds: `level`, `logger` and `loggerInstance`. */
export type ObservabilityPart = ObservabilityOptions &
  Pick<ObservabilityServerOptions, 'level' | 'logger'> & {
    /** A logger that you made, instead of `logger`. */
    loggerInstance?: FastifyBaseLogger | undefined
  }

/** The plugin's options, and its constructor part's: `trustProxy`, `bodyLimit`, timeouts. */
export type SecurityPart = SecurityOptions & SecurityServerOptions

/** Options of the preset: one key a part. Every one may be left out. */
export interface SeaworthyOptions {
  /**
   * Logs, ids, metrics, error tracking, the management listener.
   *
   * @defaultValue true
   */
  observability?: PartOptions<ObservabilityPart>

  /**
   * One error shape for every answer.
   *
   * @defaultValue true
   */
  errors?: PartOptions<ErrorsOptions>

  /**
   * Signals, drain, resources closed in order.
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
   * Breakers, deadlines, load shedding.
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
   * One Redis or Valkey for everything that is shared between processes: rate limits, revocation, refresh tokens,
   * sessions. A client of yours, which you close, or a connection, which the preset opens, checks in readiness
   * (not critical: each user of it has a policy for its absence) and closes last.
   *
   * @defaultValue none: state is kept in memory, per process
   */
  redis?: RedisOption | undefined
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

/** Refuses what is no part and what is no switch. `env` and `listen` are what `fromEnv` adds for the app. */
export function checkOptions(options: SeaworthyOptions): void {
  check.keys('', options, [...partNames, 'redis', 'env', 'listen', 'prefix'])
  for (const name of partNames) {
    const value: unknown = options[name]
    const valid =
      value === undefined || typeof value === 'boolean' || (typeof value === 'object' && value !== null)
    if (!valid) check.fail(name, 'false, true or an object of options', value)
  }
  const { redis } = options
  if (redis !== undefined && (typeof redis !== 'object' || redis === null)) {
    check.fail('redis', 'a connection ({ host, port }) or an ioredis client', redis)
  }
}

/** A part's own options: an object, whatever the switch was. */
export const partOptions = <T extends object>(value: PartOptions<T> | undefined): T =>
  (typeof value === 'object' ? value : {}) as T

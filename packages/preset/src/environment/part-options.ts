import type { AuthOptions } from '@seaworthy/auth'
import { deriveSecret, type Secret } from '@seaworthy/internal'
import type { MetricsOptions } from '@seaworthy/observability'
import type { SeaworthyOptions } from '../parts/options.ts'
import { redisOptionsFrom } from './redis-options.ts'
import type { Environment } from './schema.ts'
import { switchOffParts } from './switch-off-parts.ts'
import { entries } from './values.ts'

type SessionOptions = Exclude<AuthOptions['session'], false | undefined>

/** The options of the parts from the variables. An unset variable keeps the part's default. */
export function partOptionsFrom(env: Environment): SeaworthyOptions {
  const parts: SeaworthyOptions = {
    observability: omitUndefined({
      level: env.LOG_LEVEL,
      logging: omitUndefined({
        slowThreshold: env.SLOW_THRESHOLD,
        details: switchable(env.LOG_DETAILS, {
          level: env.LOG_DETAILS_LEVEL,
          maxBytes: env.LOG_DETAILS_MAX_BYTES
        }),
        buffer: switchable(env.LOG_BUFFER, {
          bytes: env.LOG_BUFFER_BYTES,
          interval: env.LOG_BUFFER_INTERVAL
        })
      }),
      blockedLoop:
        env.BLOCKED_LOOP_THRESHOLD === undefined ? undefined : { threshold: env.BLOCKED_LOOP_THRESHOLD },
      errorTracking:
        env.SENTRY_DSN &&
        omitUndefined({
          dsn: env.SENTRY_DSN,
          environment: env.NODE_ENV,
          tracesSampleRate: env.SENTRY_TRACES_SAMPLE_RATE
        }),
      management:
        env.MANAGEMENT_PORT === undefined
          ? undefined
          : omitUndefined({
              port: env.MANAGEMENT_PORT,
              host: env.MANAGEMENT_HOST,
              token: env.MANAGEMENT_TOKEN,
              allow: list(env.MANAGEMENT_ALLOW),
              hosts: list(env.MANAGEMENT_HOSTS),
              readOnly: env.MANAGEMENT_READ_ONLY,
              allowShutdown: env.MANAGEMENT_ALLOW_SHUTDOWN,
              recentRequests: env.MANAGEMENT_RECENT_REQUESTS
            }),
      metrics: metricsOptions(env)
    }),
    shutdown: omitUndefined({
      drainDelay: env.DRAIN_DELAY,
      timeout: env.SHUTDOWN_TIMEOUT,
      gracePeriod: env.GRACE_PERIOD
    }),
    security: omitUndefined({
      trustProxy: list(env.TRUST_PROXY),
      cors: env.CORS_ORIGIN === undefined ? undefined : { origin: list(env.CORS_ORIGIN) },
      rateLimit: omitUndefined({ max: env.RATE_LIMIT_MAX, timeWindow: timeWindow(env.RATE_LIMIT_WINDOW) })
    }),
    auth: omitUndefined({
      jwt:
        env.JWT_SECRET &&
        omitUndefined({
          secret: env.JWT_SECRET,
          issuer: env.JWT_ISSUER,
          audience: env.JWT_AUDIENCE
        }),
      session: env.SESSION_SECRET && sessionOptions(env.SESSION_SECRET, env)
    })
  }
  const redis = redisOptionsFrom(env)
  if (redis !== undefined) parts.redis = redis
  if (env.TLS_CERT_FILE !== undefined && env.TLS_KEY_FILE !== undefined)
    parts.tls = { cert: env.TLS_CERT_FILE, key: env.TLS_KEY_FILE }
  if (env.SEAWORTHY_ADOPT !== undefined) parts.adopt = env.SEAWORTHY_ADOPT
  return switchOffParts(parts, list(env.SEAWORTHY_OFF) ?? [])
}

/** Omits keys that are undefined, so that `undefined` never overrides a default. */
function omitUndefined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as never
}

/** `undefined` without the variable, `false` where it says so. */
const switchable = <T extends object>(
  isOn: boolean | undefined,
  options: T
): { [K in keyof T]: Exclude<T[K], undefined> } | false | undefined =>
  isOn === true ? omitUndefined(options) : isOn

/** `undefined` where no variable sets any of them. */
function metricsOptions(env: Environment): MetricsOptions | undefined {
  const build = omitUndefined({ name: env.OTEL_SERVICE_NAME, version: env.SERVICE_VERSION })
  const options = omitUndefined({
    token: env.METRICS_TOKEN,
    allow: list(env.METRICS_ALLOW),
    buildInfo: Object.keys(build).length === 0 ? undefined : build
  })
  return Object.keys(options).length === 0 ? undefined : options
}

/** With a salt the secret is a passphrase, for older setups. Without, it is the key itself. */
function sessionOptions(secret: Secret, { SESSION_SALT, NODE_ENV }: Environment): SessionOptions {
  const key = SESSION_SALT === undefined ? { key: base64Key(secret) } : { secret, salt: SESSION_SALT }
  // Browsers send a Secure cookie only over https, which a developer's machine rarely has.
  return NODE_ENV === 'development' ? { ...key, cookie: { secure: false } } : key
}

/** The key in base64, as the option takes it. */
const base64Key = (secret: Secret): Secret =>
  deriveSecret(secret, (text) =>
    /^[\da-f]{64}$/i.test(text) ? Buffer.from(text, 'hex').toString('base64') : text
  )

const list = (text: string | undefined): string[] | undefined =>
  text === undefined ? undefined : entries(text)

/** Digits alone are milliseconds: the variable's description promises it. */
const timeWindow = (text: string | undefined): string | number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : text

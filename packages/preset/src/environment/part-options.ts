import type { AuthOptions } from '@seaworthy/auth'
import type { SeaworthyOptions } from '../parts/options.ts'
import { redisOptionsFrom } from './redis-options.ts'
import { switchOffParts } from './switch-off-parts.ts'
import type { Environment } from './schema.ts'

type SessionOptions = Exclude<AuthOptions['session'], false | undefined>

/** The parts' options that the variables amount to. A variable that is unset leaves the part's own default. */
export function partOptionsFrom(env: Environment): SeaworthyOptions {
  const parts: SeaworthyOptions = {
    observability: defined({
      level: env.LOG_LEVEL,
      logging: defined({ slowThreshold: env.SLOW_THRESHOLD }),
      errorTracking:
        env.SENTRY_DSN &&
        defined({
          dsn: env.SENTRY_DSN.reveal(),
          environment: env.NODE_ENV,
          tracesSampleRate: env.SENTRY_TRACES_SAMPLE_RATE
        }),
      management:
        env.MANAGEMENT_PORT === undefined
          ? undefined
          : defined({
              port: env.MANAGEMENT_PORT,
              host: env.MANAGEMENT_HOST,
              token: env.MANAGEMENT_TOKEN?.reveal(),
              allow: list(env.MANAGEMENT_ALLOW)
            })
    }),
    shutdown: defined({ drainDelay: env.DRAIN_DELAY, timeout: env.SHUTDOWN_TIMEOUT }),
    security: defined({
      trustProxy: list(env.TRUST_PROXY),
      cors: env.CORS_ORIGIN === undefined ? undefined : { origin: list(env.CORS_ORIGIN) },
      rateLimit: defined({ max: env.RATE_LIMIT_MAX, timeWindow: window(env.RATE_LIMIT_WINDOW) })
    }),
    auth: defined({
      jwt:
        env.JWT_SECRET &&
        defined({ secret: env.JWT_SECRET.reveal(), issuer: env.JWT_ISSUER, audience: env.JWT_AUDIENCE }),
      session: env.SESSION_SECRET && session(env.SESSION_SECRET.reveal(), env)
    })
  }
  const redis = redisOptionsFrom(env)
  if (redis !== undefined) parts.redis = redis
  return switchOffParts(parts, list(env.SEAWORTHY_OFF) ?? [])
}

/** Without what is undefined, so that `undefined` never overrides a default. */
function defined<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as never
}

/** With a salt the secret is a passphrase, as older setups have it; without, it is the key itself. */
function session(secret: string, { SESSION_SALT, NODE_ENV }: Environment): SessionOptions {
  const key = SESSION_SALT === undefined ? { key: secret } : { secret, salt: SESSION_SALT.reveal() }
  // Browsers keep a Secure cookie to https, which a developer's machine rarely has.
  return NODE_ENV === 'development' ? { ...key, cookie: { secure: false } } : key
}

const list = (text: string | undefined): string[] | undefined =>
  text
    ?.split(',')
    .map((entry) => entry.trim())
    .filter(Boolean)

/** Digits alone are milliseconds. */
const window = (text: string | undefined): string | number | undefined =>
  text !== undefined && /^\d+$/.test(text) ? Number(text) : text

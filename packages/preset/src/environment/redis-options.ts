import { deriveSecret, type Secret } from '@seaworthy/internal'
import type { RedisConnection } from '../redis/options.ts'
import type { Environment } from './schema.ts'
import { EnvironmentError } from './environment-error.ts'

/** The address of Redis: from `REDIS_URL`, or from the variables for its parts. */
export function redisOptionsFrom(env: Environment): RedisConnection | undefined {
  const { REDIS_URL, REDIS_HOST } = env
  if (REDIS_URL === undefined) {
    if (REDIS_HOST === undefined) return undefined
    return {
      host: REDIS_HOST,
      port: env.REDIS_PORT,
      tls: env.REDIS_TLS,
      ...(env.REDIS_USERNAME === undefined ? {} : { username: env.REDIS_USERNAME }),
      ...(env.REDIS_PASSWORD === undefined ? {} : { password: env.REDIS_PASSWORD })
    }
  }
  if (REDIS_HOST !== undefined)
    throw new EnvironmentError(['REDIS_URL and REDIS_HOST are both set: keep one'])
  return parseUrl(REDIS_URL)
}

const passwordOf = (url: string): string => decodeURIComponent(new URL(url).password)

function checkedPassword(url: Secret): Secret {
  passwordOf(url.reveal())
  return deriveSecret(url, passwordOf)
}

/** `rediss://user:password@host:6379/1`, the form of hosting services. */
function parseUrl(url: Secret): RedisConnection {
  try {
    const { protocol, hostname, port, pathname, username, password } = new URL(url.reveal())
    const db = Number(pathname.slice(1) || 0)
    if (hostname !== '' && Number.isInteger(db))
      return {
        host: hostname.replace(/^\[(.*)\]$/, '$1'),
        port: port === '' ? 6379 : Number(port),
        db,
        tls: protocol === 'rediss:',
        ...(username === '' ? {} : { username: decodeURIComponent(username) }),
        ...(password === '' ? {} : { password: checkedPassword(url) })
      }
  } catch {
    // Not a URL, or with an invalid percent encoding.
  }
  throw new EnvironmentError(['REDIS_URL must be an address: redis://user:password@host:6379/0'])
}

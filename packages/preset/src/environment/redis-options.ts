import type { RedisConnection } from '../parts/options.ts'
import type { Environment } from './schema.ts'
import { EnvironmentError } from './read-environment.ts'

/** Where Redis is: by its address in one, or in parts. */
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
    throw new EnvironmentError(['REDIS_URL and REDIS_HOST both say where Redis is: give one of them'])
  return parsed(REDIS_URL.reveal())
}

/** `rediss://user:password@host:6379/1`, as hosting services give it. */
function parsed(text: string): RedisConnection {
  try {
    const { protocol, hostname, port, pathname, username, password } = new URL(text)
    const db = Number(pathname.slice(1) || 0)
    if (hostname !== '' && Number.isInteger(db))
      return {
        host: hostname.replace(/^\[(.*)\]$/, '$1'),
        port: port === '' ? 6379 : Number(port),
        db,
        tls: protocol === 'rediss:',
        ...(username === '' ? {} : { username: decodeURIComponent(username) }),
        ...(password === '' ? {} : { password: decodeURIComponent(password) })
      }
  } catch {
    // Not an address, or with a percent sign that stands for nothing.
  }
  throw new EnvironmentError(['REDIS_URL must be an address: redis://user:password@host:6379/0'])
}

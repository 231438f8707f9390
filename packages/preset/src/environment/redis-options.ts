import { deriveSecret, type Secret } from '@seaworthy/internal'
import type { RedisConnection } from '../redis/options.ts'
import type { Environment } from './schema.ts'
import type { Values } from './values.ts'

/** An address of Redis, in its parts. A user or a password that is empty is not there. */
interface RedisAddress {
  host: string
  port: number
  db: number
  tls: boolean
  username: string
  password: string
}

/** The connection to Redis: from `REDIS_URL`, or from the variables for its parts. */
export function redisOptionsFrom(env: Environment): RedisConnection | undefined {
  const { REDIS_URL, REDIS_HOST, REDIS_USERNAME, REDIS_PASSWORD, REDIS_TLS } = env
  const address = REDIS_URL && parseAddress(REDIS_URL.reveal())
  if (REDIS_URL === undefined || address === undefined) {
    if (REDIS_HOST === undefined) return undefined
    const parts = { host: REDIS_HOST, port: env.REDIS_PORT, tls: REDIS_TLS }
    return { ...parts, ...credentials(REDIS_USERNAME, REDIS_PASSWORD) }
  }
  const { host, port, db } = address
  const username = address.username || REDIS_USERNAME
  const password = address.password === '' ? REDIS_PASSWORD : deriveSecret(REDIS_URL, passwordOf)
  return { host, port, db, tls: address.tls || REDIS_TLS, ...credentials(username, password) }
}

const credentials = (username: string | undefined, password: Secret | undefined) => ({
  ...(username === undefined ? {} : { username }),
  ...(password === undefined ? {} : { password })
})

const passwordOf = (url: string): string => decodeURIComponent(new URL(url).password)

/** The problem of `REDIS_URL`, and of the variables beside it. */
export function redisProblem({
  REDIS_URL,
  REDIS_HOST,
  REDIS_USERNAME,
  REDIS_PASSWORD
}: Values): string | undefined {
  if (REDIS_URL === undefined) return undefined
  if (REDIS_HOST !== undefined) return 'REDIS_URL and REDIS_HOST are both set: keep one'
  const address = parseAddress(REDIS_URL)
  if (address === undefined) return 'REDIS_URL must be an address: redis://user:password@host:6379/0'
  const contradicts = (part: string, value: string | undefined) =>
    part !== '' && value !== undefined && part !== value
  if (contradicts(address.username, REDIS_USERNAME))
    return 'REDIS_URL has another user than REDIS_USERNAME: keep one'
  return contradicts(address.password, REDIS_PASSWORD)
    ? 'REDIS_URL has another password than REDIS_PASSWORD: keep one'
    : undefined
}

/** `rediss://user:password@host:6379/1` or `redis://host?db=1`, the forms of hosting services. `undefined`: it is another text. */
function parseAddress(url: string): RedisAddress | undefined {
  try {
    const { protocol, hostname, port, pathname, searchParams, username, password } = new URL(url)
    const db = Number(pathname.slice(1) || searchParams.get('db') || 0)
    const isValid = hostname !== '' && port !== '0' && Number.isInteger(db) && db >= 0
    if (!/^rediss?:$/.test(protocol) || !isValid) return undefined
    return {
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: port === '' ? 6379 : Number(port),
      db,
      tls: protocol === 'rediss:',
      username: decodeURIComponent(username),
      password: decodeURIComponent(password)
    }
  } catch {
    // Not a URL, or with an invalid percent encoding.
    return undefined
  }
}

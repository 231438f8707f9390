import type { Secret } from '@seaworthy/internal'
import type { RedisClient } from './redis-client.ts'

/**
 * The address of Redis or Valkey.
 *
 * @example
 * const redis: RedisConnection = { host: 'redis.example.com', password: process.env['REDIS_PASSWORD'] ?? '' }
 * await app.register(seaworthy, { redis })
 */
export interface RedisConnection {
  /**
   * Host name or address.
   *
   * @defaultValue none: it is required
   */
  host: string

  /**
   * TCP port. A whole number, 1 to 65535.
   *
   * @defaultValue 6379
   */
  port?: number

  /**
   * User of an access control list.
   *
   * @defaultValue none: Redis' default user
   */
  username?: string

  /**
   * Password; a {@link Secret} is never printed.
   *
   * @defaultValue none: no authentication
   */
  password?: string | Secret

  /**
   * Database number. A whole number, at least 0.
   *
   * @defaultValue 0
   */
  db?: number

  /**
   * Whether to use TLS.
   *
   * @defaultValue false
   */
  tls?: boolean
}

/**
 * A client that the app made and closes, or the address to connect to.
 *
 * @example
 * const redis: RedisOption = { host: 'redis.example.com' }
 * await app.register(seaworthy, { redis })
 */
export type RedisOption = RedisConnection | RedisClient

export const defaults = { port: 6379, db: 0, tls: false } as const satisfies Partial<RedisConnection>

const keys: Record<keyof RedisConnection, true> = {
  host: true,
  port: true,
  username: true,
  password: true,
  db: true,
  tls: true
}
export const connectionKeys: readonly string[] = Object.keys(keys)

import type { RedisClient as AuthClient } from 'fastify-seaworthy/auth'
import type { RedisClient as LimitClient } from '@seaworthy/security'

/**
 * The methods that the parts use of a client of ioredis, a single one or a cluster.
 *
 * @example
 * const withRedis = async (redis: RedisClient) => app.register(seaworthy, { redis }) // new Redis(…) of ioredis
 */
export type RedisClient = AuthClient &
  LimitClient & {
    disconnect(): void
    sendCommand(...args: never[]): unknown
  }

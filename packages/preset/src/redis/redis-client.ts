import type { RedisClient as AuthClient } from 'fastify-seaworthy/auth'
import type { RedisClient as LimitClient } from '@seaworthy/security'

/** The methods that the parts use of a client of ioredis, a single one or a cluster. */
export type RedisClient = AuthClient &
  LimitClient & {
    disconnect(): void
    sendCommand(...args: never[]): unknown
  }

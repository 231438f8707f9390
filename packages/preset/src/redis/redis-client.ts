import type { RedisClient as AuthClient } from 'fastify-seaworthy/auth'
import type { RedisClient as LimitClient } from '@seaworthy/security'

/** What is used of a client of ioredis, alone or as a cluster. */
export type RedisClient = AuthClient &
  LimitClient & {
    disconnect(): void
    sendCommand(...args: never[]): unknown
  }

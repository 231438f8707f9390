import type { CheckFunction } from '../checks/options.ts'

/**
 * The client that the check needs: of `ioredis` or `redis` (node-redis), or any object with `ping`.
 *
 * @example
 * const redis: RedisLike = { ping: async () => 'PONG', status: 'ready' }
 * app.health.addCheck('cache', redisCheck(redis))
 */
export interface RedisLike {
  ping(): Promise<unknown>
  /** ioredis */
  readonly status?: string
  /** node-redis */
  readonly isReady?: boolean
}

const disconnected: ReadonlySet<string> = new Set(['close', 'reconnecting', 'end', 'disconnecting'])

/**
 * Passes if Redis answers a PING. A client that has lost its connection fails at once, because a PING would wait in its
 * offline queue.
 *
 * @example
 * const redis = { ping: async () => 'PONG' } // new Redis() of ioredis
 * app.health.addCheck('cache', redisCheck(redis), { critical: false })
 */
export function redisCheck(client: RedisLike): CheckFunction {
  return async () => {
    if (client.status !== undefined && disconnected.has(client.status)) {
      throw new Error(`the connection to Redis is in state "${client.status}"`)
    }
    if (client.isReady === false) throw new Error('the connection to Redis is not ready')
    await client.ping()
    return true
  }
}

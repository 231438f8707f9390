import type { CheckFunction } from '../check-options.ts'

/** What the check needs: a client of `ioredis` or `redis` (node-redis), or anything that has `ping`. */
export interface RedisLike {
  ping(): Promise<unknown>
  /** ioredis */
  readonly status?: string
  /** node-redis */
  readonly isReady?: boolean
}

const down = new Set(['close', 'reconnecting', 'end', 'disconnecting'])

/**
 * Passes when Redis answers a PING. A client that has lost its connection fails at once, without a PING waiting in
 * its offline queue.
 */
export function redisCheck(client: RedisLike): CheckFunction {
  return async () => {
    if (client.status !== undefined && down.has(client.status)) {
      throw new Error(`the connection to Redis is in state "${client.status}"`)
    }
    if (client.isReady === false) throw new Error('the connection to Redis is not ready')
    await client.ping()
    return true
  }
}

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
  /** Where the client has it, a failed check has the error of the connection. */
  on?(event: 'error' | 'ready', listener: (error?: Error) => void): unknown
}

const disconnected: ReadonlySet<string> = new Set(['close', 'reconnecting', 'end', 'disconnecting'])

/**
 * Passes if Redis answers a PING. A client that has lost its connection fails at once, with the reason: a PING would wait
 * in its offline queue until the check's time is over.
 *
 * @example
 * const redis = { ping: async () => 'PONG' } // new Redis() of ioredis
 * app.health.addCheck('cache', redisCheck(redis), { critical: false })
 */
export function redisCheck(client: RedisLike): CheckFunction {
  const reason = connectionReason(client)
  return async () => {
    const { status } = client
    const cause = reason()
    const isLost = status !== undefined && status !== 'ready' && (cause !== '' || disconnected.has(status))
    if (isLost) throw new Error(`the connection to Redis is in state "${status}"${cause}`)
    if (client.isReady === false) throw new Error(`the connection to Redis is not ready${cause}`)
    await client.ping()
    return true
  }
}

/** Follows why the client has no connection: `: connect ECONNREFUSED …`, or nothing. */
function connectionReason(client: RedisLike): () => string {
  let reason = ''
  // Without a listener of the app, node-redis ends the process on purpose; ioredis only prints.
  if (client.status === undefined) return () => reason
  client.on?.('error', (error) => {
    reason = `: ${reasonOf(error)}`
  })
  client.on?.('ready', () => {
    reason = ''
  })
  return () => reason
}

/** Where `localhost` has several addresses, the error has one for each and no message. */
function reasonOf(error: (Error & { errors?: unknown }) | undefined): string {
  if (error?.message) return error.message
  const messages = Array.isArray(error?.errors) ? error.errors.map(({ message }: Error) => message) : []
  return messages.join(', ') || 'no reason'
}

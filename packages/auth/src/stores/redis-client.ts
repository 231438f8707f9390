import type { RedisClient as ScriptClient } from '@seaworthy/internal'

/**
 * The methods that this package uses of an ioredis client.
 *
 * @example
 * const client: RedisClient = {
 *   eval: async () => null,
 *   evalsha: async () => null,
 *   ping: async () => 'PONG',
 *   duplicate: () => ({ subscribe: async () => 1, on: () => undefined, disconnect: () => undefined })
 * } // in an app: new Redis(process.env['REDIS_URL']) of ioredis
 * await app.register(auth, { redis: client })
 */
export interface RedisClient extends ScriptClient {
  duplicate(override?: object): RedisSubscriber
  // oxlint-disable-next-line typescript/no-explicit-any -- a Cluster of ioredis 5 fits nothing narrower.
  on?(event: string, listener: (...args: any[]) => void): unknown
  readonly isCluster?: boolean
  readonly options?: { host?: unknown; port?: unknown; path?: unknown; keyPrefix?: unknown }
}

/**
 * A connection that subscribes to a channel.
 *
 * @example
 * const subscriber: RedisSubscriber = { subscribe: async () => 1, on: () => undefined, disconnect: () => undefined }
 */
export interface RedisSubscriber {
  subscribe(channel: string): Promise<unknown>
  // oxlint-disable-next-line typescript/no-explicit-any -- a Cluster of ioredis 5 fits nothing narrower.
  on(event: string, listener: (...args: any[]) => void): unknown
  disconnect(): void
}

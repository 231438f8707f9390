import type { RedisClient as ScriptClient } from '@seaworthy/internal'

/** The methods that this package uses of an ioredis client. */
export interface RedisClient extends ScriptClient {
  duplicate(override?: object): RedisSubscriber
  // oxlint-disable-next-line typescript/no-explicit-any -- a Cluster of ioredis 5 fits nothing narrower.
  on?(event: string, listener: (...args: any[]) => void): unknown
  readonly isCluster?: boolean
  readonly options?: { host?: unknown; port?: unknown; path?: unknown; keyPrefix?: unknown }
}

/** A connection that subscribes to a channel. */
export interface RedisSubscriber {
  subscribe(channel: string): Promise<unknown>
  // oxlint-disable-next-line typescript/no-explicit-any -- a Cluster of ioredis 5 fits nothing narrower.
  on(event: string, listener: (...args: any[]) => void): unknown
  disconnect(): void
}

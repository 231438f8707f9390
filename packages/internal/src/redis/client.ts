/**
 * The commands that the packages send. Clients of ioredis 5 and 6, alone, with Sentinel or as a cluster, have them.
 * `status` is ioredis' state of the connection: `ready`, `wait`, `connecting`, `reconnecting`, `close`, `end`.
 */
export interface RedisClient {
  readonly status?: string
  eval(script: string, numberOfKeys: number, ...args: (string | number)[]): Promise<unknown>
  evalsha(sha: string, numberOfKeys: number, ...args: (string | number)[]): Promise<unknown>
  ping(): Promise<unknown>
}

/** Whether a value has the commands of a client. Everything else is taken for connection options. */
export const isRedisClient = (value: unknown): value is RedisClient =>
  typeof value === 'object' && value !== null && typeof (value as Partial<RedisClient>).evalsha === 'function'

/** Whether the client sends a command now. A client that reconnects queues it, and it would run much later. */
export const canSend = ({ status }: RedisClient): boolean =>
  status === undefined || status === 'ready' || status === 'wait'

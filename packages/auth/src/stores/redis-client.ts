/** What is used of an ioredis client. */
export interface RedisClient {
  eval(script: string, numberOfKeys: number, ...args: (string | number)[]): Promise<unknown>
  duplicate(override?: object): RedisSubscriber
}

/** A connection that listens. */
export interface RedisSubscriber {
  subscribe(channel: string): Promise<unknown>
  // oxlint-disable-next-line typescript/no-explicit-any -- a Cluster of ioredis 5 fits nothing narrower.
  on(event: string, listener: (...args: any[]) => void): unknown
  disconnect(): void
}

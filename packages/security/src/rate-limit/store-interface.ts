/** A store as @fastify/rate-limit has it. `read` is for `createRateLimit` with `increment: false`. */
export interface RateLimitStore {
  incr(key: string, callback: StoreCallback, timeWindow: number, max: number): void
  read?(key: string, callback: StoreCallback, timeWindow: number, max: number): void
  child(options: object): RateLimitStore
}

/** Called with the count of a key and the milliseconds until it ends. */
export type StoreCallback = (error: Error | null, result?: { current: number; ttl: number }) => void

/** The class of a store. It is made with the plugin's options, and a child with those of a limit. */
export type RateLimitStoreClass = new (options: never) => RateLimitStore

/** Whether this can be a store: a class whose objects count and have children. */
export const isStoreClass = (value: unknown): value is RateLimitStoreClass => {
  const { incr, child } = ((value as { prototype?: object } | undefined)?.prototype ??
    {}) as Partial<RateLimitStore>
  return typeof value === 'function' && typeof incr === 'function' && typeof child === 'function'
}

/**
 * A store as @fastify/rate-limit has it. `read` is for `createRateLimit` with `increment: false`.
 *
 * @example
 * class Counts implements RateLimitStore {
 *   readonly #seen = new Map<string, number>()
 *   incr(key: string, callback: StoreCallback, timeWindow: number): void {
 *     const current = (this.#seen.get(key) ?? 0) + 1
 *     this.#seen.set(key, current)
 *     callback(null, { current, ttl: timeWindow })
 *   }
 *   child(): RateLimitStore {
 *     return new Counts()
 *   }
 * }
 * await app.register(rateLimit, { store: Counts })
 */
export interface RateLimitStore {
  incr(key: string, callback: StoreCallback, timeWindow: number, max: number): void
  read?(key: string, callback: StoreCallback, timeWindow: number, max: number): void
  child(options: object): RateLimitStore
}

/**
 * Called with the count of a key and the milliseconds until it ends.
 *
 * @example
 * const count = (callback: StoreCallback) => callback(null, { current: 1, ttl: 60_000 })
 */
export type StoreCallback = (error: Error | null, result?: { current: number; ttl: number }) => void

/**
 * The class of a store. It is made with the plugin's options, and a child with those of a limit.
 *
 * @example
 * const withStore = async (store: RateLimitStoreClass) => app.register(rateLimit, { store })
 */
export type RateLimitStoreClass = new (options: never) => RateLimitStore

/** Whether this can be a store: a class whose objects count and have children. */
export const isStoreClass = (value: unknown): value is RateLimitStoreClass => {
  const { incr, child } = ((value as { prototype?: object } | undefined)?.prototype ??
    {}) as Partial<RateLimitStore>
  return typeof value === 'function' && typeof incr === 'function' && typeof child === 'function'
}

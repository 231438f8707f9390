import { isThenable } from '@seaworthy/internal'
import type { FastifyBaseLogger } from 'fastify'
import type { ResolvedRateLimit } from './options.ts'
import type { RateLimitStore } from './store-interface.ts'
import type { Hit, HitResult, SharedStore } from './types.ts'

type Done = (error: Error | null, results?: HitResult[]) => void
type Count = { current: number; ttl: number }

/** Milliseconds between two lines about a store that fails. */
const reportInterval = 60_000

/** Counts in a store that the app has written for @fastify/rate-limit: one call for each limit, without refunds. */
export class CustomStore implements SharedStore {
  readonly up = true
  readonly #options: ResolvedRateLimit
  readonly #root: RateLimitStore
  /** By limit. The app's own limit is counted by the store itself. */
  readonly #children = new Map<string, RateLimitStore>()

  readonly #log: FastifyBaseLogger
  #reportedAt = -Infinity

  constructor(options: ResolvedRateLimit, rootLimit: string, log: FastifyBaseLogger) {
    const Store = options.store as unknown as new (options: object) => RateLimitStore
    this.#options = options
    this.#log = log
    this.#root = new Store(options)
    this.#children.set(rootLimit, this.#root)
  }

  take(hits: readonly Hit[], done: Done): void {
    const results: HitResult[] = []
    let left = hits.length
    let ended = false
    const end = (error: Error | null) => {
      if (ended) return
      ended = true
      clearTimeout(timer)
      if (error === null) return done(null, results)
      this.#report(error)
      done(error)
    }
    const timer = setTimeout(
      () => end(new Error('The store of rate limits has not answered in time')),
      this.#options.storeTimeout
    )
    for (const [index, hit] of hits.entries()) {
      this.#count(hit, (error, count) => {
        if (error) return end(error)
        // A count that is no number would never be too high.
        const { current: counted, ttl } = (count ?? {}) as { current?: unknown; ttl?: unknown }
        const current = Number(counted ?? Number.NaN)
        if (Number.isNaN(current)) return end(new Error('The store returned no count'))
        if (results[index] !== undefined) return
        results[index] = toResult(hit, { current, ttl: Number(ttl) || hit.window })
        if (--left === 0) end(null)
      })
    }
  }

  #report(error: Error): void {
    const now = performance.now()
    if (now - this.#reportedAt < reportInterval) return
    this.#reportedAt = now
    this.#log.warn(
      { err: error },
      'security: the store of rate limits does not count requests; its limits follow "onStoreError" until it does; see its error'
    )
  }

  refund(): void {
    // The interface has no such call.
  }

  #count(hit: Hit, done: (error: Error | null, count?: Count) => void): void {
    const store = this.#storeOf(hit)
    const { key, window, max } = hit
    try {
      // A cost of 0 only reads.
      let returned: unknown
      if (hit.cost > 0) returned = store.incr(key, done, window, max)
      else if (store.read === undefined) done(new Error('The store has no method read()'))
      else returned = store.read(key, done, window, max)
      // An asynchronous method that fails must not end the process.
      if (isThenable(returned)) returned.then(undefined, done)
    } catch (error) {
      done(error as Error)
    }
  }

  #storeOf({ name, max, window }: Hit): RateLimitStore {
    let store = this.#children.get(name)
    if (store === undefined) {
      const [, method = '', url = name] = /^([A-Z,]+) (\/.*)$/.exec(name) ?? []
      store = this.#root.child({ ...this.#options, max, timeWindow: window, routeInfo: { method, url } })
      this.#children.set(name, store)
    }
    return store
  }
}

const toResult = ({ max, cost }: Hit, { current, ttl }: Count): HitResult => ({
  // Read without counting, one more would be too many.
  exceeded: cost > 0 ? current > max : current >= max,
  remaining: Math.max(0, max - current),
  reset: ttl,
  rejections: Math.max(0, current - max)
})

import { type Complete, BoundedMap } from '@seaworthy/internal'
import type { Clock } from '../clock.ts'

/**
 * How long and for which calls the last good value is served.
 *
 * @example
 * const lastGood: LastGoodOptions<[id: string]> = { key: (id) => id, maxAge: 60_000 }
 * app.resilience.breaker('books', async (_context: CallContext, id: string) => `book ${id}`, { lastGood })
 */
export interface LastGoodOptions<Args extends unknown[]> {
  /**
   * The greatest age of a value that is served. Milliseconds, at least 1.
   *
   * @defaultValue None: it is required
   * @throws RangeError below 1.
   */
  maxAge: number

  /**
   * The key of the value. Put everything into it that the value depends on, the tenant or user above all: all calls with
   * the same key get the same value. For `undefined` no value is stored or served.
   *
   * @defaultValue None: it is required
   */
  key: (...args: Args) => string | undefined

  /**
   * The number of stored values, at least 1. A new value replaces the oldest one.
   *
   * @defaultValue 1000
   * @throws RangeError below 1.
   */
  maxEntries?: number | undefined
}

/** All of `LastGoodOptions`: `maxAge` and `key` have no default. */
export const lastGoodDefaults: Record<'maxAge' | 'key', undefined> & { maxEntries: number } = {
  maxAge: undefined,
  key: undefined,
  maxEntries: 1000
}

interface Entry<T> {
  value: T
  storedAt: number
}

/** Stores the results of successful calls by key, up to a number and an age. */
export class LastGood<Args extends unknown[], T> {
  readonly #options: Complete<LastGoodOptions<Args>>
  readonly #clock: Clock
  readonly #entries: BoundedMap<Entry<T>>

  constructor(options: Complete<LastGoodOptions<Args>>, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#entries = new BoundedMap(options.maxEntries)
  }

  store(args: Args, value: T): void {
    const key = this.#options.key(...args)
    if (key === undefined) return
    this.#entries.set(key, { value, storedAt: this.#clock.now() })
  }

  /** The stored value. `undefined` if there is none, or it is too old. */
  find(args: Args): { value: T } | undefined {
    const key = this.#options.key(...args)
    const entry = key === undefined ? undefined : this.#entries.get(key)
    if (!entry) return undefined
    const age = this.#clock.now() - entry.storedAt
    return age <= this.#options.maxAge ? entry : undefined
  }
}

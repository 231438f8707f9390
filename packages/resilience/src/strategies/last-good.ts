import { BoundedMap } from '@seaworthy/internal'
import type { Clock } from '../clock.ts'

/** The last good value per key. */
export interface LastGoodOptions<Args extends unknown[]> {
  /** How old a value may be to be served, in milliseconds. */
  maxAge: number
  /**
   * Whose value it is. Put everything into it that the value depends on, the tenant or user above all: whoever has
   * the same key gets the same value. `undefined` keeps and serves none.
   */
  key: (...args: Args) => string | undefined
  /**
   * How many values are kept; the one kept for longest makes room. At least 1.
   *
   * @defaultValue 1000
   */
  maxEntries?: number
}

interface Entry<T> {
  value: T
  at: number
}

/** Keeps what succeeded, by key, up to a number and an age. */
export class LastGood<Args extends unknown[], T> {
  readonly #options: Required<LastGoodOptions<Args>>
  readonly #clock: Clock
  readonly #entries: BoundedMap<Entry<T>>

  constructor(options: Required<LastGoodOptions<Args>>, clock: Clock) {
    this.#options = options
    this.#clock = clock
    this.#entries = new BoundedMap(options.maxEntries)
  }

  keep(args: Args, value: T): void {
    const key = this.#options.key(...args)
    if (key === undefined) return
    this.#entries.set(key, { value, at: this.#clock.now() })
  }

  /** The kept value; undefined where there is none, or it is too old. */
  find(args: Args): { value: T; age: number } | undefined {
    const key = this.#options.key(...args)
    const entry = key === undefined ? undefined : this.#entries.get(key)
    if (!entry) return undefined
    const age = this.#clock.now() - entry.at
    return age <= this.#options.maxAge ? { value: entry.value, age } : undefined
  }
}

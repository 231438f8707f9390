/** A map whose entries end, with a bound: the oldest entry goes when it is full. */
export class ExpiringMap<V> {
  readonly #entries = new Map<string, { value: V; until: number }>()
  readonly #limit: number

  constructor(limit: number) {
    this.#limit = limit
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    if (entry.until > Date.now()) return entry.value
    this.#entries.delete(key)
    return undefined
  }

  /** `until` is in milliseconds since 1970. */
  set(key: string, value: V, until: number): void {
    this.#entries.delete(key)
    if (this.#entries.size >= this.#limit) this.#evict()
    this.#entries.set(key, { value, until })
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
  }

  *values(): Generator<V> {
    const now = Date.now()
    for (const { value, until } of this.#entries.values()) if (until > now) yield value
  }

  /** Drops what has ended; if nothing has, the oldest. */
  #evict(): void {
    const now = Date.now()
    for (const [key, { until }] of this.#entries) if (until <= now) this.#entries.delete(key)
    const oldest = this.#entries.keys().next()
    if (this.#entries.size >= this.#limit && !oldest.done) this.#entries.delete(oldest.value)
  }
}

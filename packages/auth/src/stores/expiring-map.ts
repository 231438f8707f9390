import { BoundedMap } from '@seaworthy/internal'

/** A bounded map whose entries expire. When it is full, the oldest entry makes room. */
export class ExpiringMap<V> {
  readonly #entries: BoundedMap<{ value: V; until: number }>

  /** @param limit - Entries at most. */
  constructor(limit: number) {
    this.#entries = new BoundedMap(limit, ({ until }) => until <= Date.now())
  }

  /** The number of entries. Some of them may have expired. */
  get size(): number {
    return this.#entries.size
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    if (entry.until > Date.now()) return entry.value
    this.#entries.delete(key)
    return undefined
  }

  /** @param until - Milliseconds since 1970. */
  set(key: string, value: V, until: number): void {
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
    for (const [, { value, until }] of this.#entries.entries()) if (until > now) yield value
  }
}

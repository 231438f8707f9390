/** A setting that operators change for a time. It returns to normal by itself, so that no service is left with it. */
export class Temporary<T> {
  readonly #read: () => T
  readonly #write: (value: T) => void
  #normal: T
  #timer: NodeJS.Timeout | undefined
  #until: number | undefined

  constructor(read: () => T, write: (value: T) => void) {
    this.#read = read
    this.#write = write
    this.#normal = read()
  }

  get normal(): T {
    return this.#normal
  }

  /** The value now, the normal one, and when that returns. */
  get state(): { value: T; normal: T; until?: string } {
    const until = this.#until === undefined ? {} : { until: new Date(this.#until).toISOString() }
    return { value: this.#read(), normal: this.#normal, ...until }
  }

  /** @param ttl - Milliseconds until the normal value returns. */
  set(value: T, ttl: number): void {
    if (this.#timer === undefined) this.#normal = this.#read()
    clearTimeout(this.#timer)
    this.#write(value)
    this.#until = Date.now() + ttl
    this.#timer = setTimeout(() => this.reset(), ttl).unref()
  }

  reset(): void {
    const isChanged = this.#timer !== undefined
    clearTimeout(this.#timer)
    this.#timer = this.#until = undefined
    if (isChanged) this.#write(this.#normal)
  }
}

const minute = 60_000
const day = 24 * 60 * minute

/** Milliseconds until the normal value returns, where an action does not say. */
export const defaultTtl = 15 * minute

/** `ttl` in the body of an action, in milliseconds. */
export const ttlSchema = { type: 'integer', minimum: 1, maximum: day } as const

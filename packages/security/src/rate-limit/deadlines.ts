/** Something that is waited for. */
export interface Waiting {
  readonly late: () => void
  /** When it is too late, by the clock of `performance.now()`. */
  readonly end: number
}

/**
 * One timer for all that wait equally long, instead of one for each: the first that came is the first to be late.
 */
export class Deadlines {
  readonly #timeout: number
  readonly #waiting = new Set<Waiting>()
  #timer: NodeJS.Timeout | undefined

  constructor(timeout: number) {
    this.#timeout = timeout
  }

  /** Calls `late` after the timeout, unless `end` comes first. */
  start(late: () => void): Waiting {
    const waiting = { late, end: performance.now() + this.#timeout }
    this.#waiting.add(waiting)
    if (this.#timer === undefined) this.#arm(this.#timeout)
    return waiting
  }

  end(waiting: Waiting): void {
    this.#waiting.delete(waiting)
  }

  /** Who waits has a connection, which keeps the process alive; what nobody waits for any more must not. */
  #arm(milliseconds: number): void {
    this.#timer = setTimeout(this.#look, Math.ceil(milliseconds)).unref()
  }

  readonly #look = (): void => {
    // An answer that has arrived while the event loop was busy is read before the verdict: it counts.
    setImmediate(() => {
      this.#timer = undefined
      const now = performance.now()
      for (const waiting of this.#waiting) {
        if (waiting.end > now) {
          return this.#arm(waiting.end - now)
        }
        this.#waiting.delete(waiting)
        waiting.late()
      }
    })
  }
}

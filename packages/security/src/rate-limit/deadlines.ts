/** Something that is waited for. */
export interface Waiting {
  /** Called when it is too late; gone when there is nothing to wait for any more. */
  late: (() => void) | undefined
  /** When it is too late, by the clock of `performance.now()`. */
  readonly end: number
}

/**
 * One timer for all that wait equally long, instead of one for each: the first that came is the first to be late. What
 * has ended stays in the row until the timer comes by: to take it out of the middle costs more than all the rest.
 */
export class Deadlines {
  readonly #timeout: number
  readonly #waiting: Waiting[] = []
  #timer: NodeJS.Timeout | undefined

  constructor(timeout: number) {
    this.#timeout = timeout
  }

  /** Calls `late` after the timeout, unless `end` comes first. */
  start(late: () => void): Waiting {
    const waiting = { late, end: performance.now() + this.#timeout }
    this.#waiting.push(waiting)
    if (this.#timer === undefined) this.#arm(this.#timeout)
    return waiting
  }

  end(waiting: Waiting): void {
    waiting.late = undefined
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
      const open = this.#waiting.findIndex(({ late, end }) => late !== undefined && end > now)
      const over = this.#waiting.splice(0, open < 0 ? this.#waiting.length : open)
      if (open >= 0) this.#arm(this.#waiting[0]!.end - now)
      for (const { late } of over) late?.()
    })
  }
}

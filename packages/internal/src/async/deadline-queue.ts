import { capDelay } from './cap-delay.ts'

/** One entry of a {@link DeadlineQueue}. */
export interface PendingDeadline {
  /** Called when the time is over; removed when the work has ended before. */
  onTimeout: (() => void) | undefined
  /** When the time is over, by the clock of `performance.now()`. */
  readonly end: number
}

/**
 * One timer for everything that waits equally long, instead of one each: entries expire in the order in which they came. An entry that
 * has ended stays until the timer comes by, because removing it from the middle costs more than all the rest.
 */
export class DeadlineQueue {
  readonly #timeout: number
  readonly #pending: PendingDeadline[] = []
  #timer: NodeJS.Timeout | undefined

  /** @param timeout - Milliseconds until an entry is late. */
  constructor(timeout: number) {
    this.#timeout = timeout
  }

  /** Calls `onTimeout` after the timeout, unless `end` comes first. */
  start(onTimeout: () => void): PendingDeadline {
    const entry = { onTimeout, end: performance.now() + this.#timeout }
    this.#pending.push(entry)
    if (this.#timer === undefined) this.#arm(this.#timeout)
    return entry
  }

  /** The work of this entry has ended in time. */
  end(entry: PendingDeadline): void {
    entry.onTimeout = undefined
  }

  /** The timer does not keep the process alive: the connection that is waited for does. */
  #arm(milliseconds: number): void {
    this.#timer = setTimeout(this.#expire, Math.ceil(capDelay(milliseconds))).unref()
  }

  readonly #expire = (): void => {
    // An answer that arrived while the event loop was busy is read before the deadline is checked: it counts.
    setImmediate(() => {
      this.#timer = undefined
      const now = performance.now()
      const open = this.#pending.findIndex(({ onTimeout, end }) => onTimeout !== undefined && end > now)
      const late = this.#pending.splice(0, open < 0 ? this.#pending.length : open)
      if (open >= 0) this.#arm(this.#pending[0]!.end - now)
      for (const { onTimeout } of late) onTimeout?.()
    })
  }
}

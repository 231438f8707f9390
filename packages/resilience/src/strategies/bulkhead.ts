import { type Call, isTimed } from '../call/call.ts'
import type { Clock } from '../clock.ts'
import { BulkheadFullError } from '../errors.ts'
import { type InFlight, Stoppable } from '../abortable.ts'
import { Gradient } from './gradient-limit.ts'
import type { BulkheadPolicy } from './bulkhead-options.ts'

interface Waiter {
  enter(): void
  fail(error: Error): void
}

/** Places for calls at work. A place is free again when the work has really ended, not when the caller has left. */
export class Bulkhead {
  readonly #policy: BulkheadPolicy
  readonly #clock: Clock
  readonly #gradient: Gradient | undefined
  readonly #queue: Waiter[] = []
  #active = 0
  #usual = 0

  constructor(policy: BulkheadPolicy, clock: Clock) {
    this.#policy = policy
    this.#clock = clock
    this.#gradient = policy.adaptive ? new Gradient(policy) : undefined
  }

  get limit(): number {
    return this.#gradient?.limit ?? this.#policy.limit
  }

  get active(): number {
    return this.#active
  }

  get queued(): number {
    return this.#queue.length
  }

  /** Takes a place if there is a free one. */
  tryEnter(): boolean {
    if (this.#active >= this.limit || this.#queue.length > 0) return false
    this.#active++
    return true
  }

  /** Waits for a place. Rejects when the queue is full, or the call's time would be over, or is. */
  enter(call: Call<unknown[]>, inFlight: InFlight): Promise<void> {
    const remaining = call.expiresAt - this.#clock.now()
    const expected = (this.#usual * (this.#queue.length + 1)) / this.limit
    if (this.#queue.length >= this.#policy.queue || expected > remaining) {
      return Promise.reject(new BulkheadFullError(Math.ceil(Math.max(expected, 1) / 1000)))
    }

    return new Promise((resolve, reject) => {
      let timer: unknown
      const forget = (): void => {
        if (timer !== undefined) this.#clock.clearTimeout(timer)
        waiting.land()
      }
      const waiter: Waiter = {
        enter: () => {
          forget()
          resolve()
        },
        fail: (error) => {
          forget()
          this.#queue.splice(this.#queue.indexOf(waiter), 1)
          reject(error)
        }
      }
      const waiting = new Stoppable((reason) => waiter.fail(reason))
      this.#queue.push(waiter)
      call.current = waiting
      call.watch(waiting, inFlight)
      if (isTimed(remaining)) {
        timer = this.#clock.setTimeout(() => waiter.fail(new BulkheadFullError()), remaining)
      }
    })
  }

  /** @param duration - Milliseconds that the work took; 0 where nothing was called. */
  leave(duration: number, ok: boolean): void {
    if (duration > 0) {
      this.#usual = this.#usual === 0 ? duration : this.#usual * 0.9 + duration * 0.1
      this.#gradient?.sample(duration, this.#active, ok)
    }
    this.#active--
    while (this.#active < this.limit) {
      const next = this.#queue.shift()
      if (!next) return
      this.#active++
      next.enter()
    }
  }
}

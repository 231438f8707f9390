import type { CallLifetime } from '../call/call.ts'
import { BulkheadFullError } from '../errors/call-errors.ts'
import type { BulkheadPolicy } from './bulkhead-options.ts'
import { AdaptiveLimit } from './adaptive-limit.ts'
import { TimedWait, type WaitHost } from './timed-wait.ts'

/** Slots for concurrent calls. A slot is released when the work settles, not when the caller gives up. */
export class Bulkhead {
  readonly #policy: BulkheadPolicy
  readonly #host: WaitHost
  readonly #adaptive: AdaptiveLimit | undefined
  readonly #queue: QueuedCall[] = []
  #active = 0
  /** The moving average of a call's time, in milliseconds. */
  #averageDuration = 0

  constructor(policy: BulkheadPolicy, host: WaitHost) {
    this.#policy = policy
    this.#host = host
    this.#adaptive = policy.adaptive ? new AdaptiveLimit(policy) : undefined
  }

  get #limit(): number {
    return this.#adaptive?.limit ?? this.#policy.limit
  }

  /** Takes a slot, unless all are taken or calls wait for one. */
  tryEnter(): boolean {
    if (this.#active >= this.#limit || this.#queue.length > 0) return false
    this.#active++
    return true
  }

  /** Waits for a slot. Rejects if the queue is full, or if the wait would be or is longer than the call's time. */
  enter(call: CallLifetime): Promise<void> {
    const remaining = call.expiresAt - this.#host.clock.now()
    const expectedWait = (this.#averageDuration * (this.#queue.length + 1)) / this.#limit
    if (this.#queue.length >= this.#policy.queue || expectedWait > remaining) {
      return Promise.reject(new BulkheadFullError(Math.ceil(Math.max(expectedWait, 1) / 1000)))
    }
    const queued = new QueuedCall(call, remaining, this.#host, this.#queue)
    call.current = queued
    return queued.promise
  }

  /** @param duration - Milliseconds that the work took; 0 if the function was not called. */
  leave(duration: number, succeeded: boolean): void {
    if (duration > 0) {
      const average = this.#averageDuration
      this.#averageDuration = average === 0 ? duration : average * 0.9 + duration * 0.1
      this.#adaptive?.sample(duration, this.#active, succeeded)
    }
    this.#active--
    while (this.#active < this.#limit) {
      const next = this.#queue.shift()
      if (!next) return
      this.#active++
      next.resolve()
    }
  }
}

class QueuedCall extends TimedWait<void> {
  readonly #queue: QueuedCall[]

  constructor(call: CallLifetime, remaining: number, host: WaitHost, queue: QueuedCall[]) {
    super(call, remaining, host)
    this.#queue = queue
    queue.push(this)
  }

  protected override onTimeout(): void {
    this.abort(new BulkheadFullError())
  }

  override abort(reason: Error): void {
    // At once: a slot must not go to a call that has left.
    const index = this.#queue.indexOf(this)
    if (index >= 0) this.#queue.splice(index, 1)
    super.abort(reason)
  }
}

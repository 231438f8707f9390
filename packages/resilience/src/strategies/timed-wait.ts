import { Abortable, type AbortableList } from '../abortable.ts'
import type { CallLifetime } from '../call/call.ts'
import { type Clock, startTimer, stopTimer } from '../clock.ts'

/** The members of the app that a {@link TimedWait} uses. */
export interface WaitHost {
  readonly clock: Clock
  readonly pendingWork: AbortableList
}

/** A promise with a time limit that also rejects when the client disconnects or the app closes. */
export abstract class TimedWait<T> extends Abortable {
  readonly promise: Promise<T>
  readonly #clock: Clock
  readonly #resolve: (value: T) => void
  readonly #reject: (error: unknown) => void
  readonly #timer: unknown

  /** @param limit - Milliseconds until {@link onTimeout}; `Infinity` for no limit. */
  constructor(call: CallLifetime, limit: number, { clock, pendingWork }: WaitHost) {
    super()
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    this.promise = promise
    this.#clock = clock
    this.#resolve = resolve
    this.#reject = reject
    this.#timer = startTimer(clock, limit, () => this.onTimeout())
    call.track(this, pendingWork)
  }

  protected abstract onTimeout(): void

  resolve(value: T): void {
    this.#end()
    this.#resolve(value)
  }

  reject(error: unknown): void {
    this.#end()
    this.#reject(error)
  }

  override abort(reason: Error): void {
    this.reject(reason)
  }

  #end(): void {
    stopTimer(this.#clock, this.#timer)
    this.unlink()
  }
}

import { type Clock, startTimer, stopTimer, unrefTimer } from '../clock.ts'

/** Releases the attempt's slot in the bulkhead. */
export type ReleaseSlot = (duration: number, succeeded: boolean) => void

/** Milliseconds after which an attempt that its caller has given up no longer holds its slot, whether it ended or not. */
const longestHold = 60_000

/** An attempt's slot in the bulkhead. It is released once: when the work settles, or a while after the caller gave up. */
export class HeldSlot {
  readonly #clock: Clock
  #release: ReleaseSlot | undefined
  #timer: unknown

  constructor(clock: Clock, release: ReleaseSlot) {
    this.#clock = clock
    this.#release = release
  }

  release(duration: number, succeeded: boolean): void {
    const release = this.#release
    if (!release) return
    this.#release = undefined
    stopTimer(this.#clock, this.#timer)
    release(duration, succeeded)
  }

  /** The function goes on without its caller: it holds the slot for a while, but not for ever. */
  releaseLater(): void {
    if (!this.#release) return
    this.#timer = startTimer(this.#clock, longestHold, () => this.release(0, true))
    unrefTimer(this.#timer)
  }
}

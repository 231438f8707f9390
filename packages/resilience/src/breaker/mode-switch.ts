import { type Clock, startTimer, stopTimer, unrefTimer } from '../clock.ts'
import type { CircuitOptions } from '../circuit/circuit-options.ts'

/** Whether a breaker rejects calls. */
export type BreakerMode = NonNullable<CircuitOptions['mode']>

export const breakerModes = ['enforce', 'observe', 'off'] as const

/** The mode of a breaker: that of its options, or another one for a while. */
export class ModeSwitch {
  current: BreakerMode
  readonly #configured: BreakerMode
  readonly #clock: Clock
  #timer: unknown
  /** Milliseconds since 1970. */
  #until: number | undefined

  constructor(configured: BreakerMode, clock: Clock) {
    this.#configured = configured
    this.current = configured
    this.#clock = clock
  }

  /** @param ttl - Milliseconds after which the mode of the options returns. */
  set(mode: BreakerMode, ttl: number): void {
    this.reset()
    this.current = mode
    this.#until = Date.now() + ttl
    this.#timer = startTimer(this.#clock, ttl, () => this.reset())
    unrefTimer(this.#timer)
  }

  reset(): void {
    stopTimer(this.#clock, this.#timer)
    this.#timer = this.#until = undefined
    this.current = this.#configured
  }

  /** For the snapshot: only if it is not the mode of the options. */
  get override(): { mode: BreakerMode; until: number } | undefined {
    return this.#until === undefined ? undefined : { mode: this.current, until: this.#until }
  }
}

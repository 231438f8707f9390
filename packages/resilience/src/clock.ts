import { MAX_DELAY } from '@seaworthy/internal'

/** The source of time for everything in this package that waits or measures. Tests replace it. */
export interface Clock {
  /** Milliseconds since a fixed point in the past. Never decreases. */
  now(): number
  setTimeout(fn: () => void, delay: number): unknown
  clearTimeout(handle: unknown): void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout: (fn, delay) => setTimeout(fn, delay),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout)
}

/** Starts a timer. Returns `undefined` for a longer delay than a timer takes, `Infinity` above all: that is no limit. */
export const startTimer = (clock: Clock, delay: number, fn: () => void): unknown =>
  delay > MAX_DELAY ? undefined : clock.setTimeout(fn, Math.max(0, delay))

/** Stops what {@link startTimer} returned. */
export function stopTimer(clock: Clock, timer: unknown): void {
  if (timer !== undefined) clock.clearTimeout(timer)
}

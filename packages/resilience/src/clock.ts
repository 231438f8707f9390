import { capDelay } from '@seaworthy/internal'

/**
 * The source of time for everything in this package that waits or measures. Tests replace it.
 *
 * @example
 * const now = 0
 * const clock: Clock = { now: () => now, setTimeout: (fn) => fn(), clearTimeout: () => undefined }
 * await app.register(resilience, { clock }) // tests decide what time it is
 */
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

/** Starts a timer, of the longest delay that timers take at most. Returns `undefined` for `Infinity`: no limit. */
export const startTimer = (clock: Clock, delay: number, fn: () => void): unknown =>
  delay === Infinity ? undefined : clock.setTimeout(fn, capDelay(delay))

/** Stops what {@link startTimer} returned. */
export function stopTimer(clock: Clock, timer: unknown): void {
  if (timer !== undefined) clock.clearTimeout(timer)
}

/** Lets the process end although the timer is pending. */
export function unrefTimer(timer: unknown): void {
  if (timer instanceof Object && 'unref' in timer) (timer as NodeJS.Timeout).unref()
}

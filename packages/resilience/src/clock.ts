/** Where time comes from. Replace it in tests; everything that waits or measures here asks it. */
export interface Clock {
  /** Milliseconds that only grow. */
  now(): number
  setTimeout(fn: () => void, delay: number): unknown
  clearTimeout(handle: unknown): void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout: (fn, delay) => setTimeout(fn, delay),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout)
}

/** The longest delay of a timer in milliseconds, 24.8 days: `setTimeout` takes a longer one for 1 ms. */
export const MAX_DELAY: number = 2 ** 31 - 1

/** A delay that a timer keeps: from 0 to {@link MAX_DELAY}. `NaN` becomes 0. */
export const capDelay = (milliseconds: number): number =>
  milliseconds > 0 ? Math.min(milliseconds, MAX_DELAY) : 0

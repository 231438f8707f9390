import { capDelay } from './cap-delay.ts'

/** The work took longer than it may. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError'
  readonly code = 'TIMEOUT'
  /** Milliseconds. */
  readonly timeout: number

  constructor(timeout: number) {
    super(`took longer than ${Math.round(timeout)} ms`)
    this.timeout = timeout
  }
}

/**
 * Settles as `fn` does, or rejects with a {@link TimeoutError} after `timeout` milliseconds. A later outcome of `fn` is
 * ignored, a rejection included. What `fn` throws at once rejects as well.
 */
export async function withTimeout<T>(timeout: number, fn: () => T): Promise<Awaited<T>> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new TimeoutError(timeout)), capDelay(timeout))
  try {
    return await Promise.race([fn(), late])
  } finally {
    clearTimeout(timer)
  }
}

/** Resolves after `milliseconds`. */
export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, capDelay(milliseconds)))

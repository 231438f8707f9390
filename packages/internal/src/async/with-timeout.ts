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

/** Options of {@link withTimeout}. */
export interface TimeoutOptions {
  /** Is aborted with the {@link TimeoutError} when the time is over. */
  controller?: AbortController
  /** Lets the process exit while the timer is pending. Default `false`. */
  unref?: boolean
}

/**
 * Settles as `fn` does, or rejects with a {@link TimeoutError} after `timeout` milliseconds. A later outcome of `fn` is
 * ignored, a rejection included. What `fn` throws at once rejects as well.
 */
export async function withTimeout<T>(
  timeout: number,
  fn: () => T,
  { controller, unref = false }: TimeoutOptions = {}
): Promise<Awaited<T>> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  let settled = false
  const timer = setTimeout(() => {
    // An answer that arrived while the event loop was busy is read before the time counts as over.
    setImmediate(() => {
      if (settled) return
      const error = new TimeoutError(timeout)
      reject(error)
      controller?.abort(error)
    })
  }, capDelay(timeout))
  if (unref) timer.unref()
  try {
    return await Promise.race([fn(), late])
  } finally {
    settled = true
    clearTimeout(timer)
  }
}

/** Resolves after `milliseconds`. */
export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, capDelay(milliseconds)))

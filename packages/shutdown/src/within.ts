/** Rejects when `fn` takes longer than `timeout` milliseconds; whatever it does then is ignored. */
export async function within<T>(timeout: number, fn: () => T): Promise<Awaited<T>> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new Error(`took longer than ${Math.round(timeout)} ms`)), timeout)
  try {
    return await Promise.race([fn(), late])
  } finally {
    clearTimeout(timer)
  }
}

/** Resolves after `ms` milliseconds. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Milliseconds. */
const SHORTEST = 10_000

/**
 * Milliseconds that a probe may take at most, whatever its other limits are: the breaker must not stay half-open for
 * ever.
 */
export const probeLimit = ({ resetTimeout }: { readonly resetTimeout: number }): number =>
  Math.max(SHORTEST, resetTimeout)

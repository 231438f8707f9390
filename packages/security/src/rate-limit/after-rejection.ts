/** The effect of a rejection: none, it counts as a request, or it doubles the time until one passes. */
export type AfterRejection = 'ignore' | 'count' | 'double'

/** Milliseconds that a doubled time reaches at most, unless one window is longer. */
export const maxBackoff = 86_400_000

/** One limit's question about one request. */
export interface Hit {
  /** What is counted, unique over all limits: the limit's name and the client's key. */
  name: string
  key: string
  max: number
  /** Milliseconds. */
  window: number
  cost: number
  /** Only watched: it never refuses, and doesn't keep the others from counting. */
  observe: boolean
  /** A refused request counts too, so who goes on asking stays out. */
  renew: boolean
}

/** A store's answer. Times in milliseconds. */
export interface Verdict {
  exceeded: boolean
  remaining: number
  /** Until the oldest counted request leaves the window; with `exceeded`, until this one would pass. */
  reset: number
  /** How many were refused in a row. */
  refused: number
}

/** How finely a window forgets: requests within a sixtieth of it leave together, with the last of them. */
export const slots = 60

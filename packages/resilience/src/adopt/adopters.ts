const key: unique symbol = Symbol.for('seaworthy.resilience.adopters')
type CountedBreaker = object & { [key]?: number }

/** Counts an app that has adopted the breaker. Apps of one process may share a breaker of a module. */
export function addAdopter(breaker: CountedBreaker): void {
  const count = (breaker[key] ?? 0) + 1
  Object.defineProperty(breaker, key, { value: count, configurable: true })
}

/** Takes the app back. Returns whether it was the last one, which shuts the breaker down. */
export function removeAdopter(breaker: CountedBreaker): boolean {
  const count = (breaker[key] ?? 1) - 1
  Object.defineProperty(breaker, key, { value: count, configurable: true })
  return count === 0
}

/**
 * Returns the result of an app's function. A promise is rejected: it counts as true, and its rejection would end the
 * process.
 *
 * @throws TypeError for a promise.
 */
export function atOnce<T>(result: T, option: string): T {
  if (typeof result !== 'object' || result === null) return result
  const { then } = result as { then?: unknown }
  if (typeof then !== 'function') return result
  Promise.resolve(result).catch(() => undefined)
  throw new TypeError(`errors: a function of the option "${option}" must not return a promise`)
}

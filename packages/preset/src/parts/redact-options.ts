const deepest = 8
const longest = 50

/**
 * Options as operators may see them: switches and numbers. Of anything else only what it is, for a secret may be given
 * as plain text, and nothing tells it from other text.
 */
export function redactOptions(value: unknown, depth = 0): unknown {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return value
  if (typeof value !== 'object') return value === undefined ? undefined : `[${typeof value}]`
  if (depth === deepest) return '[…]'
  if (Array.isArray(value)) return value.slice(0, longest).map((entry) => redactOptions(entry, depth + 1))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return `[${value.constructor?.name || 'object'}]`
  return Object.fromEntries(Object.entries(value).map(([name, entry]) => [name, redactOptions(entry, depth + 1)]))
}

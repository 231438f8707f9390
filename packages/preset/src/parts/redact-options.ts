const maxDepth = 8
const maxEntries = 50

/**
 * Options for operators to see: booleans and numbers as they are, and only the kind of all other values. A secret may
 * be a plain string, which looks like any other string.
 */
export function redactOptions(value: unknown, depth = 0): unknown {
  if (value === null || typeof value === 'boolean' || typeof value === 'number') return value
  if (typeof value !== 'object') return value === undefined ? undefined : `[${typeof value}]`
  if (depth === maxDepth) return '[…]'
  if (Array.isArray(value)) return value.slice(0, maxEntries).map((entry) => redactOptions(entry, depth + 1))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return `[${value.constructor?.name || 'object'}]`
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [name, redactOptions(entry, depth + 1)])
  )
}

import { SecurityError } from '../security-error.ts'

const tooDeep = (depth: number) =>
  new SecurityError(`The body is nested deeper than ${depth} levels`, {
    code: 'BODY_TOO_DEEP',
    statusCode: 400
  })
const tooMany = (what: string, keys: number) =>
  new SecurityError(`The ${what} has more than ${keys} keys`, { code: 'TOO_MANY_KEYS', statusCode: 413 })
const poisoned = () =>
  new SecurityError('The body names a forbidden property', { code: 'FORBIDDEN_PROPERTY', statusCode: 400 })

/**
 * Looks at a parsed body before anything recursive does, whatever parsed it: how deep, how many keys, and no names
 * that reach into prototypes. Level by level, so depth costs no stack.
 */
export function shapeError(body: unknown, maxDepth: number, maxKeys: number): SecurityError | undefined {
  if (!isContainer(body)) return undefined

  let level: object[] = [body]
  let keys = 0
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > maxDepth) return tooDeep(maxDepth)
    const next: object[] = []
    for (const container of level) {
      if (Array.isArray(container)) {
        keys += container.length
        if (keys > maxKeys) return tooMany('body', maxKeys)
        for (const item of container) if (isContainer(item)) next.push(item)
      } else {
        for (const key in container) {
          if (++keys > maxKeys) return tooMany('body', maxKeys)
          const value = (container as Record<string, unknown>)[key]
          if (isContainer(value)) {
            if (key === 'constructor' && Object.hasOwn(value, 'prototype')) return poisoned()
            next.push(value)
          }
        }
        if (Object.hasOwn(container, '__proto__')) return poisoned()
      }
    }
    level = next
  }
  return undefined
}

/** The same for a query, which has one level. */
export function queryError(query: unknown, maxKeys: number): SecurityError | undefined {
  let keys = 0
  for (const _ in query as object) if (++keys > maxKeys) return tooMany('query', maxKeys)
  return undefined
}

/** Objects and arrays as a parser makes them. Buffers, streams and files are looked at by who reads them. */
function isContainer(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

import { SecurityError } from '../security-error.ts'

const tooDeep = (depth: number) =>
  new SecurityError(`The body is nested deeper than ${depth} levels`, {
    code: 'BODY_TOO_DEEP',
    statusCode: 400
  })
const tooManyKeys = (input: 'body' | 'query', keys: number) =>
  new SecurityError(`The ${input} has more than ${keys} keys`, { code: 'TOO_MANY_KEYS', statusCode: 413 })
const keyTooLong = (input: 'body' | 'query', length: number) =>
  new SecurityError(`The ${input} has a key of more than ${length} characters`, {
    code: 'KEY_TOO_LONG',
    statusCode: 413
  })
const forbiddenProperty = () =>
  new SecurityError('The body has a forbidden property', { code: 'FORBIDDEN_PROPERTY', statusCode: 400 })

/**
 * Checks a parsed body before anything recursive reads it, whatever parsed it: its depth, its number of keys, and names
 * that reach into prototypes. It goes level by level, so depth costs no stack.
 */
export function bodyShapeError(
  body: unknown,
  maxDepth: number,
  maxKeys: number,
  maxName = Infinity
): SecurityError | undefined {
  if (!isContainer(body)) return undefined
  const limits = { maxDepth, maxKeys, maxName }
  const error = shapeError(body, limits)
  // No text makes a circle, but the fields of @fastify/multipart have one: only then each object is read once.
  return error === undefined ? undefined : shapeError(body, limits, new Set([body]))
}

interface Limits {
  maxDepth: number
  maxKeys: number
  maxName: number
}

/** @param visited - The objects that were read, to read none of them again. */
function shapeError(
  body: object,
  { maxDepth, maxKeys, maxName }: Limits,
  visited?: Set<object>
): SecurityError | undefined {
  let level: object[] = [body]
  let keys = 0
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > maxDepth) return tooDeep(maxDepth)
    const next: object[] = []
    for (const container of level) {
      if (Array.isArray(container)) {
        keys += container.length
        if (keys > maxKeys) return tooManyKeys('body', maxKeys)
        for (const item of container) if (isContainer(item)) next.push(item)
      } else {
        for (const key in container) {
          if (++keys > maxKeys) return tooManyKeys('body', maxKeys)
          if (key.length > maxName) return keyTooLong('body', maxName)
          const value = (container as Record<string, unknown>)[key]
          if (isContainer(value)) {
            if (key === 'constructor' && Object.hasOwn(value, 'prototype')) return forbiddenProperty()
            next.push(value)
          }
        }
        if (Object.hasOwn(container, '__proto__')) return forbiddenProperty()
      }
    }
    level = visited === undefined ? next : next.filter((each) => !visited.has(each) && visited.add(each))
  }
  return undefined
}

/** Checks the number of parameters of a query, which has one level. */
export function queryShapeError(
  query: unknown,
  maxKeys: number,
  maxName = Infinity
): SecurityError | undefined {
  let keys = 0
  for (const key in query as object) {
    if (++keys > maxKeys) return tooManyKeys('query', maxKeys)
    if (key.length > maxName) return keyTooLong('query', maxName)
  }
  return undefined
}

/** Whether this is an object or array as a parser makes them. Buffers, streams and files are not searched. */
function isContainer(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

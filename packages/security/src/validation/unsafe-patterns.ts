import { findReDoS, type ReDoS } from '../patterns/find-redos.ts'

/** A pattern that a client can make run for seconds. */
export interface UnsafePattern {
  pattern: string
  /** Its place in the schema as a JSON pointer: `/properties/email/pattern`. */
  at: string
  /** Why it is unsafe, with a string that shows it. */
  reason: string
  /** The length of a string on which it is harmless. */
  safeLength: number
}

/** Finds the unsafe patterns of a schema whose strings have up to `maxLength` characters, wherever subschemas may be. */
export type FindUnsafePatterns = (schema: unknown, maxLength: number) => UnsafePattern[]

/** The length of a property's name against which `patternProperties` are judged. */
const maxNameLength = 1000

/** Keywords whose values are data, not schemas. */
const dataKeywords = new Set(['enum', 'const', 'default', 'examples'])

/** Finds unsafe patterns, and analyses a pattern that many schemas share once. */
export function unsafePatternFinder(): FindUnsafePatterns {
  const known = new Map<string, ReDoS | undefined>()
  const analyse = (source: string, maxLength: number): ReDoS | undefined => {
    const key = `${maxLength} ${source}`
    // Ajv compiles patterns with the flag `u`.
    if (!known.has(key)) known.set(key, findReDoS(source, 'u', maxLength))
    return known.get(key)
  }

  const find = (schema: unknown, maxLength: number, at: string, visited: Set<object>): UnsafePattern[] => {
    if (typeof schema !== 'object' || schema === null || visited.has(schema)) return []
    visited.add(schema)
    const { pattern, patternProperties, maxLength: limit } = schema as Record<string, unknown>
    const unsafe: UnsafePattern[] = []
    const inspect = (source: string, place: string, length: number) => {
      const found = analyse(source, length)
      if (found === undefined) return
      const { reason, attack, safeLength } = found
      const example = attack === undefined ? '' : `, for example on ${attack}`
      unsafe.push({ pattern: source, at: place, reason: reason + example, safeLength })
    }
    if (typeof pattern === 'string') {
      inspect(pattern, `${at}/pattern`, typeof limit === 'number' ? Math.min(limit, maxLength) : maxLength)
    }
    if (typeof patternProperties === 'object' && patternProperties !== null) {
      for (const source of Object.keys(patternProperties))
        inspect(source, `${at}/patternProperties`, Math.min(maxNameLength, maxLength))
    }
    for (const [key, value] of Object.entries(schema)) {
      if (!dataKeywords.has(key)) unsafe.push(...find(value, maxLength, `${at}/${key}`, visited))
    }
    return unsafe
  }
  return (schema, maxLength) => find(schema, maxLength, '', new Set())
}

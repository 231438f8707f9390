import { findReDoS } from '../patterns/find-redos.ts'

/** A pattern that a client can make run for seconds. */
export interface UnsafePattern {
  pattern: string
  /** Its place in the schema as a JSON pointer: `/properties/email/pattern`. */
  at: string
  reason: string
}

/** The length of a property's name against which `patternProperties` are judged. */
const maxNameLength = 1000

/** Keywords whose values are data, not schemas. */
const dataKeywords = new Set(['enum', 'const', 'default', 'examples'])

/** Finds the unsafe patterns of a schema, wherever subschemas may be. */
export function findUnsafePatterns(
  schema: unknown,
  at = '',
  visited: Set<object> = new Set()
): UnsafePattern[] {
  if (typeof schema !== 'object' || schema === null || visited.has(schema)) return []
  visited.add(schema)
  const { pattern, patternProperties, maxLength } = schema as Record<string, unknown>
  const unsafe: UnsafePattern[] = []
  const inspect = (source: string, place: string, limit: unknown) => {
    const reason = findReDoS(source, typeof limit === 'number' ? limit : Infinity)
    if (reason) unsafe.push({ pattern: source, at: place, reason })
  }
  if (typeof pattern === 'string') inspect(pattern, `${at}/pattern`, maxLength)
  if (typeof patternProperties === 'object' && patternProperties !== null) {
    for (const source of Object.keys(patternProperties))
      inspect(source, `${at}/patternProperties`, maxNameLength)
  }
  for (const [key, value] of Object.entries(schema)) {
    if (!dataKeywords.has(key)) unsafe.push(...findUnsafePatterns(value, `${at}/${key}`, visited))
  }
  return unsafe
}

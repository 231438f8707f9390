import { danger } from '../patterns/find-redos.ts'

/** A pattern that an attacker can make run for seconds, and where it stands. */
export interface UnsafePattern {
  pattern: string
  /** As a JSON pointer: `/properties/email/pattern`. */
  at: string
  why: string
}

/** Names of properties are as short as this, or nobody's. */
const longestName = 1000

/** Looks through a schema, wherever subschemas may stand. */
export function unsafePatterns(schema: unknown, at = '', seen: Set<object> = new Set()): UnsafePattern[] {
  if (typeof schema !== 'object' || schema === null || seen.has(schema)) return []
  seen.add(schema)
  const { pattern, patternProperties, maxLength } = schema as Record<string, unknown>
  const found: UnsafePattern[] = []
  const judge = (source: string, place: string, limit: unknown) => {
    const why = danger(source, typeof limit === 'number' ? limit : Infinity)
    if (why) found.push({ pattern: source, at: place, why })
  }
  if (typeof pattern === 'string') judge(pattern, `${at}/pattern`, maxLength)
  if (typeof patternProperties === 'object' && patternProperties !== null) {
    for (const source of Object.keys(patternProperties)) judge(source, `${at}/patternProperties`, longestName)
  }
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'enum' || key === 'const' || key === 'default' || key === 'examples') continue
    found.push(...unsafePatterns(value, `${at}/${key}`, seen))
  }
  return found
}

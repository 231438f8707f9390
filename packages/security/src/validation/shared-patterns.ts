import { patternsOf, type SchemaPatterns } from './schema-patterns.ts'

/** The shared schemas of an app, by their `$id`. */
export type Schemas = Readonly<Record<string, unknown>>

/**
 * The patterns of the shared schemas that references lead to, directly or through others.
 *
 * @param cache - Those of schemas that were read before: many routes refer to the same ones.
 */
export function sharedPatterns(
  references: readonly string[],
  shared: Schemas,
  cache: WeakMap<object, SchemaPatterns>
): SchemaPatterns {
  const all: SchemaPatterns[] = []
  const pending = references.flatMap((reference) => idsOf(reference, shared))
  const visited = new Set<string>()
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    if (visited.has(id)) continue
    visited.add(id)
    const schema = shared[id]
    if (typeof schema !== 'object' || schema === null) continue
    const found = cache.get(schema) ?? patternsOf(schema)
    cache.set(schema, found)
    all.push(found)
    pending.push(...found.references.flatMap((reference) => idsOf(reference, shared)))
  }
  return {
    patterns: all.flatMap(({ patterns }) => patterns),
    formats: all.flatMap(({ formats }) => formats),
    references: []
  }
}

/** The ids that a reference may mean: all of them, if it is relative to an id, or means one inside a schema. */
function idsOf(reference: string, shared: Schemas): string[] {
  const [id = ''] = reference.split('#', 1)
  if (id === '') return []
  if (Object.hasOwn(shared, id)) return [id]
  return Object.hasOwn(shared, `${id}#`) ? [`${id}#`] : Object.keys(shared)
}

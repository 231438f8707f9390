import type { Schemas } from './shared-patterns.ts'

type Schema = Readonly<Record<string, unknown>>

/** Where a reference is looked up. */
interface Place {
  /** The schema that has the reference somewhere. */
  readonly root: Schema
  readonly shared: Schemas
}

/** The schema behind a reference, and the one that it is part of. `undefined` if it is neither shared nor in `root`. */
export function referencedSchema(
  reference: string,
  { root, shared }: Place
): { schema: unknown; root: Schema } {
  const [id = '', fragment = ''] = reference.split('#', 2)
  const base = id === '' || id === root.$id ? root : (shared[id] ?? shared[`${id}#`])
  if (!isContainer(base)) return { schema: undefined, root }
  const found =
    fragment === '' || fragment.startsWith('/') ? atPointer(base, fragment) : anchored(base, fragment)
  return { schema: found, root: base }
}

function atPointer(base: unknown, pointer: string): unknown {
  const path = pointer.split('/').slice(1)
  return path.reduce<unknown>((schema, part) => {
    const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')
    return isContainer(schema) && Object.hasOwn(schema, name) ? schema[name] : undefined
  }, base)
}

/** The part of a schema with a name: `$anchor: 'name'`, or `$id: '#name'` of older drafts. */
function anchored(base: unknown, name: string): unknown {
  const pending: unknown[] = [base]
  const visited = new Set<unknown>()
  for (const schema of pending) {
    if (!isContainer(schema) || visited.has(schema)) continue
    visited.add(schema)
    if (schema.$anchor === name || schema.$dynamicAnchor === name || schema.$id === `#${name}`) return schema
    pending.push(...Object.values(schema))
  }
  return undefined
}

/** Whether this is an object or a list. */
const isContainer = (value: unknown): value is Schema => typeof value === 'object' && value !== null

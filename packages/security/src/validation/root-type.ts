type Schema = Readonly<Record<string, unknown>>

/** The types that keywords speak about. Ajv skips them for values of other types. */
const keywords: Readonly<Record<string, readonly string[]>> = {
  object: [
    'properties',
    'required',
    'additionalProperties',
    'patternProperties',
    'propertyNames',
    'minProperties',
    'maxProperties',
    'dependencies',
    'dependentRequired',
    'dependentSchemas',
    'unevaluatedProperties'
  ],
  array: ['items', 'prefixItems', 'additionalItems', 'contains', 'minItems', 'maxItems', 'uniqueItems'],
  string: ['pattern', 'minLength', 'maxLength'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']
}

const allTypes = ['object', 'array', 'string', 'number', 'boolean', 'null']

/**
 * A schema of a body whose root names no type, with the type that its keywords are about. Without one `null` passes
 * `{ required: ['amount'] }`, and a request without a body is validated as `null`.
 */
export function withRootType(schema: unknown, shared: Readonly<Record<string, unknown>>): unknown {
  if (!isSchema(schema) || schema.type !== undefined) return schema
  const types = typesOf(schema, { root: schema, shared, visited: new Set() })
  return types.size === 0 || types.size === allTypes.length
    ? schema
    : { ...schema, type: types.size === 1 ? [...types][0] : [...types] }
}

interface Context {
  root: Schema
  shared: Readonly<Record<string, unknown>>
  visited: Set<unknown>
}

/** The types that a schema may be about: of each `anyOf`, and of all `allOf` together. */
function typesOf(schema: unknown, context: Context): ReadonlySet<string> {
  if (!isSchema(schema) || context.visited.has(schema)) return new Set(allTypes)
  const within = { ...context, visited: new Set([...context.visited, schema]) }
  const all: ReadonlySet<string>[] = []
  if (schema.type !== undefined) {
    const types = [schema.type].flat().map((type) => (type === 'integer' ? 'number' : (type as string)))
    all.push(new Set(schema.nullable === true ? [...types, 'null'] : types))
  } else {
    const named = Object.keys(keywords).filter((type) => keywords[type]!.some((word) => word in schema))
    if (named.length > 0) all.push(new Set(schema.nullable === true ? [...named, 'null'] : named))
  }
  if (typeof schema.$ref === 'string') all.push(typesOf(resolve(schema.$ref, within), within))
  if (Array.isArray(schema.allOf)) all.push(...schema.allOf.map((each) => typesOf(each, within)))
  for (const choice of [schema.anyOf, schema.oneOf]) {
    if (Array.isArray(choice)) all.push(new Set(choice.flatMap((each) => [...typesOf(each, within)])))
  }
  return new Set(allTypes.filter((type) => all.every((types) => types.has(type))))
}

/** The schema behind a reference, if it is shared or in the same schema. */
function resolve(reference: string, { root, shared }: Context): unknown {
  const [id = '', pointer = ''] = reference.split('#', 2)
  const path = pointer.split('/').slice(1)
  return path.reduce<unknown>(
    (schema, part) =>
      isSchema(schema)
        ? schema[decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~')]
        : undefined,
    id === '' ? root : shared[id]
  )
}

const isSchema = (schema: unknown): schema is Schema =>
  typeof schema === 'object' && schema !== null && !Array.isArray(schema)

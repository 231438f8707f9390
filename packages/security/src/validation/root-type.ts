import { isObject } from '@seaworthy/internal'
import { referencedSchema } from './referenced-schema.ts'
import type { Schemas } from './shared-patterns.ts'

type Schema = Readonly<Record<string, unknown>>

/** The types that keywords speak about. Ajv skips them for values of other types. The last line are those of ajv-keywords. */
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
    'unevaluatedProperties',
    'allRequired',
    'anyRequired',
    'oneRequired',
    'patternRequired',
    'prohibited',
    'deepRequired'
  ],
  array: [
    'items',
    'prefixItems',
    'additionalItems',
    'unevaluatedItems',
    'contains',
    'minContains',
    'maxContains',
    'minItems',
    'maxItems',
    'uniqueItems',
    'uniqueItemProperties'
  ],
  string: ['pattern', 'minLength', 'maxLength', 'format', 'contentEncoding', 'contentMediaType'],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf', 'format']
}

const allTypes = ['object', 'array', 'string', 'number', 'boolean', 'null']

/**
 * A schema of a body whose root names no type, with the type that its keywords are about. Without one `null` passes
 * `{ required: ['amount'] }`, and a request without a body is validated as `null`.
 */
export function withRootType(schema: unknown, shared: Schemas): unknown {
  if (!isObject(schema) || schema.type !== undefined) return schema
  const types = typesOf(schema, { root: schema, shared, visited: new Set() })
  if (types.size === 0 || types.size === allTypes.length) return schema
  const type = types.size === 1 ? [...types][0] : [...types]
  // Of two schemas with one id, Ajv compiles the first: that of a shared schema would be in force, without the type.
  const { $id } = schema
  return typeof $id === 'string' && $id in shared ? { $ref: $id, type } : { ...schema, type }
}

interface Context {
  root: Schema
  shared: Schemas
  visited: Set<unknown>
}

/** The types that a schema may be about: of each `anyOf`, and of all `allOf` together. */
function typesOf(schema: unknown, context: Context): ReadonlySet<string> {
  if (!isObject(schema) || context.visited.has(schema)) return new Set(allTypes)
  const within = { ...context, visited: new Set([...context.visited, schema]) }
  const all: ReadonlySet<string>[] = []
  if (schema.type !== undefined) {
    const types = [schema.type].flat().map((type) => (type === 'integer' ? 'number' : (type as string)))
    all.push(new Set(schema.nullable === true ? [...types, 'null'] : types))
  } else {
    const named = Object.keys(keywords).filter((type) => keywords[type]!.some((word) => word in schema))
    if (named.length > 0) all.push(new Set(schema.nullable === true ? [...named, 'null'] : named))
  }
  if (typeof schema.$ref === 'string') all.push(typesOfReference(schema.$ref, within))
  if (Array.isArray(schema.allOf)) all.push(...schema.allOf.map((each) => typesOf(each, within)))
  for (const choice of [schema.anyOf, schema.oneOf]) {
    if (Array.isArray(choice)) all.push(new Set(choice.flatMap((each) => [...typesOf(each, within)])))
  }
  if (isObject(schema.if)) all.push(typesOfCondition(schema, within))
  return new Set(allTypes.filter((type) => all.every((types) => types.has(type))))
}

function typesOfReference(reference: string, context: Context): ReadonlySet<string> {
  const { schema, root } = referencedSchema(reference, context)
  return typesOf(schema, { ...context, root })
}

/**
 * The types of `if`, `then` and `else`. A condition about the properties of an object holds for a number too: its
 * branches say which types are meant. One that names its type tells types apart, and then each branch counts.
 */
function typesOfCondition({ if: condition, then, else: otherwise }: Schema, context: Context) {
  const branches = [then, otherwise].map((branch) => typesOf(branch, context))
  const namesType = ['type', 'const', 'enum', '$ref'].some((word) => word in (condition as Schema))
  const all = namesType
    ? branches
    : [typesOf(condition, context), ...branches].filter(({ size }) => size < allTypes.length)
  return new Set(all.length === 0 ? allTypes : all.flatMap((types) => [...types]))
}

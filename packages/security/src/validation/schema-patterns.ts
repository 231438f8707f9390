import { isObject } from '@seaworthy/internal'

/** A pattern in a schema. */
export interface PatternUse {
  /**
   * Its text: a value, the names of properties, or a value in a validator that is not Ajv's. `request`: the
   * request itself brings the pattern.
   */
  readonly kind: 'value' | 'names' | 'code' | 'request'
  readonly source: string
  /** `undefined`: those that Ajv adds. */
  readonly flags: string | undefined
  /** Its place as a JSON pointer: `/properties/email/pattern`. */
  readonly at: string
  /** The `maxLength` beside it. */
  readonly limit: number
}

/** A name of a format, whose pattern only Ajv has. */
export interface FormatUse extends Pick<PatternUse, 'at' | 'limit'> {
  readonly name: string
}

/** The patterns of a schema. */
export interface SchemaPatterns {
  readonly patterns: readonly PatternUse[]
  readonly formats: readonly FormatUse[]
  /** References to other schemas. */
  readonly references: readonly string[]
}

/** Keywords whose values are data, not schemas. */
const dataKeywords = new Set(['enum', 'const', 'default', 'example', 'examples'])

/** Keywords whose members are schemas under names of the app's choice: one may be called `default`. */
const mapKeywords = new Set([
  'properties',
  'optionalProperties',
  'patternProperties',
  'definitions',
  '$defs',
  'dependentSchemas',
  'dependencies'
])

/** The members of the schemas of zod, yup and joi that lead to their patterns. */
const foreignMembers =
  '_zod _def def checks shape schema innerType element options items left right in out ' +
  'keyType valueType catchall rest pattern regex fields tests OPTIONS params _rules args $_terms keys matches'

const fluentSchema = Symbol.for('fluent-schema-object')

/**
 * Finds the patterns of a schema, wherever subschemas may be.
 *
 * @param isMap - Whether the members are schemas, as of `properties`.
 */
export function patternsOf(schema: unknown, isMap = false): SchemaPatterns {
  const patterns: PatternUse[] = []
  const formats: FormatUse[] = []
  const references: string[] = []
  const visited = new Set<object>()

  const visit = (value: unknown, at: string, isMap: boolean): void => {
    if (value instanceof RegExp) {
      const { source, flags } = value
      return void patterns.push({ kind: 'code', source, flags, at, limit: Infinity })
    }
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return
    if (visited.has(value)) return
    visited.add(value)
    if (isFluent(value)) return visit(value.valueOf(), at, isMap)
    if (isForeign(value)) {
      for (const name of foreignMembers.split(' ')) visit(memberOf(value, name), `${at}/${name}`, true)
      return
    }
    if (!isMap) readKeywords(value as Record<string, unknown>, at)
    for (const [key, inner] of Object.entries(value)) {
      if (isMap || !dataKeywords.has(key)) visit(inner, `${at}/${key}`, !isMap && mapKeywords.has(key))
    }
  }

  const readKeywords = (schema: Readonly<Record<string, unknown>>, at: string): void => {
    const { pattern, patternProperties, format, $ref, maxLength } = schema
    const limit = typeof maxLength === 'number' ? maxLength : Infinity
    const ofValue = { flags: undefined, at: `${at}/pattern`, limit }
    if (typeof pattern === 'string') patterns.push({ kind: 'value', source: pattern, ...ofValue })
    else if (isDataReference(pattern)) patterns.push({ kind: 'request', source: pattern.$data, ...ofValue })
    if (isObject(patternProperties)) {
      const ofNames = {
        kind: 'names',
        flags: undefined,
        at: `${at}/patternProperties`,
        limit: Infinity
      } as const
      for (const source of Object.keys(patternProperties)) patterns.push({ source, ...ofNames })
    }
    if (typeof format === 'string') formats.push({ name: format, at: `${at}/format`, limit })
    if (typeof $ref === 'string') references.push($ref)
  }

  visit(schema, '', isMap)
  return { patterns, formats, references }
}

const isDataReference = (value: unknown): value is { $data: string } =>
  isObject(value) && typeof value['$data'] === 'string'

const isFluent = (value: object): boolean => {
  const { isFluentSchema, [fluentSchema]: marked } = value as Record<string | symbol, unknown>
  return isFluentSchema === true || marked === true
}

const foreignMarks = ['_zod', '_def', '__isYupSchema__', '$_terms']

/** Whether this is a schema of zod, yup or joi, or a function: not a part of a JSON schema. */
function isForeign(value: object): boolean {
  if (typeof value === 'function') return true
  const prototype: unknown = Object.getPrototypeOf(value)
  // A property of a JSON schema may have such a name: its object is a plain one.
  const isPlain = prototype === null || Object.getPrototypeOf(prototype) === null
  return !isPlain && foreignMarks.some((mark) => mark in value)
}

/** A member of a library's schema, which may be a getter that fails. */
function memberOf(value: object, name: string): unknown {
  try {
    return (value as Record<string, unknown>)[name]
  } catch {
    return undefined
  }
}

/** Checks of keywords of draft 7. A keyword without one is free, as in the meta-schema. */
type Check = (value: unknown) => boolean

const types = new Set<unknown>(['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'])
/** The part of `uri-reference` that needs no thought: `User#`, `#/definitions/id`, `https://example.com/user.json`. */
const reference = /^(?:https?:\/\/[\w.-]+)?(?!\/\/)[\w./~-]*(?:#[\w./~-]*)?$/
const draft7 = /^http:\/\/json-schema\.org\/draft-07\/schema#?$/

const isText: Check = (value) => typeof value === 'string'
const isBoolean: Check = (value) => typeof value === 'boolean'
const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value)
const isSize: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0
const isReference: Check = (value) => typeof value === 'string' && reference.test(value)
const isDistinct = (list: readonly unknown[]): boolean => new Set(list).size === list.length
const isTextList: Check = (value) => Array.isArray(value) && value.every(isText) && isDistinct(value)
const isType: Check = (value) =>
  Array.isArray(value)
    ? value.length > 0 && value.every((each) => types.has(each)) && isDistinct(value)
    : types.has(value)
/** Of texts and the like. What makes two objects equal is Ajv's to say. */
const isEnum: Check = (value) =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((each) => Object(each) !== each) &&
  isDistinct(value)
const isSchemaList: Check = (value) => Array.isArray(value) && value.length > 0 && value.every(isPlainSchema)
const isSchemaMap: Check = (value) => isPlainObject(value) && Object.values(value).every(isPlainSchema)

function isPattern(value: unknown): boolean {
  if (typeof value !== 'string' || value.includes('\\Z')) return false
  try {
    return new RegExp(value, 'u') instanceof RegExp
  } catch {
    return false
  }
}

const checks: Readonly<Record<string, Check>> = {
  __proto__: null as never,
  $id: isReference,
  $ref: isReference,
  $schema: (value) => typeof value === 'string' && draft7.test(value),
  $comment: isText,
  title: isText,
  description: isText,
  format: isText,
  contentMediaType: isText,
  contentEncoding: isText,
  readOnly: isBoolean,
  uniqueItems: isBoolean,
  examples: Array.isArray,
  multipleOf: (value) => isNumber(value) && (value as number) > 0,
  maximum: isNumber,
  minimum: isNumber,
  exclusiveMaximum: isNumber,
  exclusiveMinimum: isNumber,
  maxLength: isSize,
  minLength: isSize,
  maxItems: isSize,
  minItems: isSize,
  maxProperties: isSize,
  minProperties: isSize,
  pattern: isPattern,
  type: isType,
  enum: isEnum,
  required: isTextList,
  items: (value) => (Array.isArray(value) ? isSchemaList(value) : isPlainSchema(value)),
  additionalItems: isPlainSchema,
  additionalProperties: isPlainSchema,
  contains: isPlainSchema,
  propertyNames: isPlainSchema,
  if: isPlainSchema,
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema
  then: isPlainSchema,
  else: isPlainSchema,
  not: isPlainSchema,
  allOf: isSchemaList,
  anyOf: isSchemaList,
  oneOf: isSchemaList,
  properties: isSchemaMap,
  definitions: isSchemaMap,
  patternProperties: (value) => isSchemaMap(value) && Object.keys(value as object).every(isPattern),
  dependencies: () => false
}

/** Members that a schema has from elsewhere count for Ajv, and are not seen here. */
function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Whether a schema certainly fulfils the meta-schema of draft 7. `false`: Ajv has to decide. */
export function isPlainSchema(schema: unknown): boolean {
  if (typeof schema === 'boolean') return true
  if (!isPlainObject(schema)) return false
  for (const keyword of Object.keys(schema)) {
    const value = schema[keyword]
    if (value !== undefined && checks[keyword]?.(value) === false) return false
  }
  return true
}

/** The members of Ajv that are used. */
interface Ajv {
  errors?: unknown
  validateSchema?: (schema: unknown, throwOrLogError?: boolean) => unknown
}

/** Settings of the app that may change which schemas are valid. */
interface AppSettings {
  readonly mode?: unknown
  readonly plugins?: readonly unknown[]
  readonly onCreate?: unknown
  readonly customOptions?: Readonly<Record<string, unknown>>
}

const changeRules = ['meta', 'defaultMeta', 'schemaId', 'validateSchema', 'formats', 'validateFormats']

/**
 * Ajv compiles its meta-schema before it validates the first schema by it: that takes more than most routes do together.
 * So schemas that are certainly valid skip it; all others, and their errors, stay with Ajv.
 */
export function skipMetaSchema(ajv: Ajv, settings: unknown): void {
  const { mode, plugins = [], onCreate, customOptions = {} } = (settings ?? {}) as AppSettings
  const { validateSchema } = ajv
  if (mode === 'JTD' || plugins.length > 0 || onCreate !== undefined || validateSchema === undefined) return
  if (changeRules.some((name) => customOptions[name] !== undefined)) return
  ajv.validateSchema = (schema, throwOrLogError) => {
    if (!isPlainSchema(schema)) return validateSchema.call(ajv, schema, throwOrLogError)
    ajv.errors = null
    return true
  }
}

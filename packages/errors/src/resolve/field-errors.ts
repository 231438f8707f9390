import type { FastifyRequest } from 'fastify'
import type { FieldError } from '../classes/validation-error.ts'

/** An error of Fastify's validation, by any validator compiler. */
export interface SchemaValidationError extends Error {
  statusCode?: unknown
  code?: unknown
  validationContext?: unknown
  /** Set by Fastify if the validator returned a list. */
  validation?: unknown
}

/** An entry of a list of failures: the members of Ajv, or those of another library. */
interface Issue {
  instancePath?: unknown
  path?: unknown
  /** VineJS and fastest-validator. */
  field?: unknown
  rule?: unknown
  /** class-validator. */
  property?: unknown
  constraints?: unknown
  /** express-validator. */
  msg?: unknown
  keyword?: unknown
  code?: unknown
  type?: unknown
  message?: unknown
  params?: { missingProperty?: unknown } | undefined
}

const maxIssues = 50
const maxPointer = 256
const maxMessage = 256

/** The keywords of Ajv, whose messages contain nothing but the schema. */
const ajvKeywords = new Set(
  (
    'type enum const multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern format ' +
    'maxItems minItems uniqueItems contains minContains maxContains maxProperties minProperties required ' +
    'additionalProperties unevaluatedProperties unevaluatedItems additionalItems items prefixItems propertyNames ' +
    'dependencies dependentRequired dependentSchemas if not oneOf anyOf allOf discriminator nullable'
  ).split(' ')
)

const escapePointer = (part: unknown): string => String(part).replaceAll('~', '~0').replaceAll('/', '~1')

/** The key of a part of a path. Valibot has an object for each. */
const keyOf = (part: unknown): unknown =>
  typeof part === 'object' && part !== null && 'key' in part ? part.key : part

/** Yup writes `items[0].price`, typia `$input.items[0].price`. TypeBox has a pointer. */
const dottedPath = (path: string): string =>
  path.startsWith('/')
    ? path
    : path
        .replace(/^\$(?:input)?(?=[.[]|$)/, '')
        .replaceAll(/\[(?:"([^"]*)"|(\d+))\]/g, '.$1$2')
        .split('.')
        .filter((part) => part !== '')
        .map((part) => `/${escapePointer(part)}`)
        .join('')

/**
 * The pointer to the issue. The name of a missing property is added, because the schema has it. The name of a surplus
 * property is left out, because the client chose it.
 */
function pointerOf({ instancePath, path: issuePath, field, property, keyword, params }: Issue): string {
  const path = issuePath ?? field ?? property
  const base =
    typeof instancePath === 'string'
      ? instancePath
      : Array.isArray(path)
        ? path.map((part) => `/${escapePointer(keyOf(part))}`).join('')
        : typeof path === 'string' && path !== ''
          ? dottedPath(path)
          : ''
  const missing = params?.missingProperty
  const pointer =
    keyword === 'required' && typeof missing === 'string' ? `${base}/${escapePointer(missing)}` : base
  return pointer.slice(0, maxPointer)
}

/** The value that a pointer points to. */
function valueAt(input: unknown, pointer: string): unknown {
  let value = input
  for (const name of pointer.split('/').slice(1)) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Record<string, unknown>)[name.replaceAll('~1', '/').replaceAll('~0', '~')]
  }
  return value
}

/** Whether a message quotes the submitted value, as some libraries do ("received 'hunter2'"): it must not be sent. */
function quotesValue(message: string, value: unknown): boolean {
  if (typeof value === 'object' && value !== null)
    return Object.values(value).some((inner) => quotesValue(message, inner))
  if (typeof value !== 'string' && typeof value !== 'number') return false
  if (value === '') return false
  // Libraries quote as JSON does, and the beginning of a long text.
  const start = String(value).slice(0, maxQuoted)
  if (start.length < minQuoted) return hasShort(message, start)
  return message.includes(start) || message.includes(JSON.stringify(start).slice(1, -1))
}

const maxQuoted = 16
/** Shorter values are in words and numbers of messages by chance: `a` is in "at least 2 characters". */
const minQuoted = 4

/** Whether a message has a short value as a word of its own; one character has to be in quotes. */
function hasShort(message: string, value: string): boolean {
  if (value.length === 1) return ['"', "'", '`'].some((quote) => message.includes(quote + value + quote))
  for (let at = message.indexOf(value); at >= 0; at = message.indexOf(value, at + 1))
    if (!isWord(message[at - 1]) && !isWord(message[at + value.length])) return true
  return false
}

const isWord = (character: string | undefined): boolean =>
  character !== undefined && /[\p{L}\p{N}_]/u.test(character)

function messageOf(issue: Issue, value: unknown): string {
  const { msg, constraints, message = msg ?? firstOf(constraints), keyword } = issue
  if (typeof message !== 'string' || message === '') return 'is not valid'
  if (!(typeof keyword === 'string' && ajvKeywords.has(keyword)) && quotesValue(message, value))
    return 'is not valid'
  return message.slice(0, maxMessage)
}

const firstOf = (constraints: unknown): unknown =>
  typeof constraints === 'object' && constraints !== null ? Object.values(constraints)[0] : undefined

/** Converts the failures that a validator lists, without schema path, parameters and submitted values. */
export function fieldErrors(
  error: SchemaValidationError,
  issues: readonly unknown[],
  request: FastifyRequest
): FieldError[] {
  const context = typeof error.validationContext === 'string' ? error.validationContext : undefined
  const input = validatedPart(context, request)
  return issues.slice(0, maxIssues).map((entry) => {
    const issue = (typeof entry === 'object' && entry !== null ? entry : { message: undefined }) as Issue
    const pointer = pointerOf(issue)
    const field: FieldError = {
      pointer,
      keyword: keywordOf(issue),
      message: messageOf(issue, valueAt(input, pointer))
    }
    if (context !== undefined) field.in = context
    return field
  })
}

/** Ajv has `keyword`, Zod `code`, Joi, Yup and Valibot `type`, VineJS `rule`. */
function keywordOf({ keyword, code, type, rule, constraints }: Issue): string {
  const constraint =
    typeof constraints === 'object' && constraints !== null ? Object.keys(constraints)[0] : undefined
  const name = [keyword, code, type, rule, constraint].find((value) => typeof value === 'string')
  return typeof name === 'string' && name !== 'FST_ERR_VALIDATION' ? name.slice(0, 64) : 'custom'
}

function validatedPart(context: string | undefined, request: FastifyRequest): unknown {
  if (context === 'querystring') return request.query
  if (context === 'params') return request.params
  if (context === 'headers') return request.headers
  return request.body
}

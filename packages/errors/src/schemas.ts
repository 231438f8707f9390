import { titleOf } from './classes/status.ts'

const text = { type: 'string' } as const

/** The entries of `details` and `errors` if a request breaks rules. */
const fieldErrorSchema = {
  type: 'object',
  properties: {
    in: {
      ...text,
      enum: ['body', 'querystring', 'params', 'headers'],
      description: 'The part of the request'
    },
    pointer: { ...text, description: 'A JSON pointer (RFC 6901) into that part' },
    keyword: { ...text, description: 'The rule that failed' },
    message: { ...text, description: 'The failure in words' }
  },
  additionalProperties: true
} as const

/**
 * A JSON schema with an `$id`.
 *
 * @example
 * const schemas: readonly ErrorSchema[] = [errorSchema, problemSchema]
 * console.log(schemas.map(({ $id }) => $id))
 */
export interface ErrorSchema {
  readonly $id: string
  readonly title: string
  readonly description: string
  readonly type: 'object'
  readonly required: readonly string[]
  readonly properties: Readonly<Record<string, object>>
  readonly additionalProperties: true
}

const correlationId = { ...text, description: 'The id of the request, as in the logs' }
const code = { ...text, description: 'Stable, for programs' }
const status = { type: 'integer', minimum: 400, maximum: 599 } as const

/**
 * The plain JSON body: `{ $ref: 'SeaworthyError#' }`.
 *
 * @example
 * console.log(Object.keys(errorSchema.properties))
 */
export const errorSchema: ErrorSchema = {
  $id: 'SeaworthyError',
  title: 'Error',
  description: 'The response to a failed request',
  type: 'object',
  required: ['statusCode', 'error', 'message', 'code', 'correlationId'],
  properties: {
    statusCode: status,
    error: { ...text, description: 'The status in words' },
    message: text,
    code,
    correlationId,
    details: {
      description: 'Details of the error: a list if the request breaks rules',
      items: fieldErrorSchema
    }
  },
  additionalProperties: true
}

/**
 * Problem details (RFC 9457): `{ $ref: 'SeaworthyProblem#' }`.
 *
 * @example
 * console.log(problemSchema.$id, problemSchema.required)
 */
export const problemSchema: ErrorSchema = {
  $id: 'SeaworthyProblem',
  title: 'Problem',
  description: 'The response to a failed request, by RFC 9457',
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'correlationId'],
  properties: {
    type: { ...text, format: 'uri-reference', description: 'Identifies the kind of problem' },
    title: text,
    status,
    detail: text,
    instance: { ...text, format: 'uri-reference', description: 'The path of the request' },
    code,
    correlationId,
    errors: { type: 'array', items: fieldErrorSchema }
  },
  additionalProperties: true
}

/**
 * An error response in a route's schema, in both shapes.
 *
 * @example
 * const responses: Record<string, ErrorResponse> = errorResponses(404)
 * console.log(responses['404']?.description)
 */
export interface ErrorResponse {
  description: string
  content: Record<string, { schema: { $ref: string } }>
}

/**
 * Makes response schemas for a route: `schema: { response: { 200: user, ...errorResponses(404, '5xx') } }`.
 *
 * @example
 * const schema = { response: { ...errorResponses(404, '5xx') } }
 * app.get('/orders/:id', { schema }, async () => 'order')
 * @param statuses - Statuses, or `'4xx'` and `'5xx'`, which are the default.
 */
export function errorResponses(...statuses: readonly (number | string)[]): Record<string, ErrorResponse> {
  const keys = statuses.length > 0 ? statuses : ['4xx', '5xx']
  return Object.fromEntries(keys.map((status) => [String(status), responseSchema(status)]))
}

function responseSchema(status: number | string): ErrorResponse {
  return {
    description:
      typeof status === 'number' ? titleOf(status) : status === '4xx' ? 'Client error' : 'Server error',
    content: {
      'application/json': { schema: { $ref: `${errorSchema.$id}#` } },
      'application/problem+json': { schema: { $ref: `${problemSchema.$id}#` } }
    }
  }
}

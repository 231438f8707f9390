import { titleOf } from './status.ts'

const text = { type: 'string' } as const

/** Entries of `details` and `errors` for a request that breaks rules. */
const fieldError = {
  type: 'object',
  properties: {
    in: {
      ...text,
      enum: ['body', 'querystring', 'params', 'headers'],
      description: 'Which part of the request'
    },
    pointer: { ...text, description: 'A JSON pointer (RFC 6901) into that part' },
    keyword: { ...text, description: 'The rule that failed' },
    message: { ...text, description: 'In words' }
  },
  additionalProperties: true
} as const

/** A schema with an `$id`. */
export interface ErrorSchema {
  readonly $id: string
  readonly title: string
  readonly description: string
  readonly type: 'object'
  readonly required: readonly string[]
  readonly properties: Readonly<Record<string, object>>
  readonly additionalProperties: true
}

const correlationId = { ...text, description: "The request's id, as it is in the logs" }
const code = { ...text, description: 'Stable, for programs' }
const status = { type: 'integer', minimum: 400, maximum: 599 } as const

/** The plain JSON body: `{ $ref: 'SeaworthyError#' }`. */
export const errorSchema: ErrorSchema = {
  $id: 'SeaworthyError',
  title: 'Error',
  description: 'What every failed request is answered with',
  type: 'object',
  required: ['statusCode', 'error', 'message', 'code', 'correlationId'],
  properties: {
    statusCode: status,
    error: { ...text, description: 'The status in words' },
    message: text,
    code,
    correlationId,
    details: { description: 'What was wrong: a list for a request that breaks rules', items: fieldError }
  },
  additionalProperties: true
}

/** Problem details (RFC 9457): `{ $ref: 'SeaworthyProblem#' }`. */
export const problemSchema: ErrorSchema = {
  $id: 'SeaworthyProblem',
  title: 'Problem',
  description: 'What every failed request is answered with, as RFC 9457 has it',
  type: 'object',
  required: ['type', 'title', 'status', 'detail', 'instance', 'code', 'correlationId'],
  properties: {
    type: { ...text, format: 'uri-reference', description: 'Names the kind of problem' },
    title: text,
    status,
    detail: text,
    instance: { ...text, format: 'uri-reference', description: 'The path that was asked for' },
    code,
    correlationId,
    errors: { type: 'array', items: fieldError }
  },
  additionalProperties: true
}

/** A response of a route's schema, in both shapes. */
export interface ErrorResponse {
  description: string
  content: Record<string, { schema: { $ref: string } }>
}

/**
 * Response schemas for a route: `schema: { response: { 200: user, ...errorResponses(404, '5xx') } }`.
 *
 * @param statuses - Statuses or `'4xx'`, `'5xx'`; both of these without arguments.
 */
export function errorResponses(...statuses: readonly (number | string)[]): Record<string, ErrorResponse> {
  const asked = statuses.length > 0 ? statuses : ['4xx', '5xx']
  return Object.fromEntries(asked.map((status) => [String(status), response(status)]))
}

function response(status: number | string): ErrorResponse {
  return {
    description:
      typeof status === 'number' ? titleOf(status) : status === '4xx' ? 'Client error' : 'Server error',
    content: {
      'application/json': { schema: { $ref: `${errorSchema.$id}#` } },
      'application/problem+json': { schema: { $ref: `${problemSchema.$id}#` } }
    }
  }
}

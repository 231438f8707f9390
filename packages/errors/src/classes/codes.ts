/**
 * Codes that this package puts into responses and into the metric `errors_total`. An app's errors may carry others, and
 * errors of Fastify and its plugins keep their own (`FST_ERR_…`).
 *
 * @example
 * const code: ErrorCode = 'VALIDATION_ERROR'
 * const { code: sent } = (await app.inject('/')).json<ErrorBody>()
 * console.log(sent === code)
 */
export type ErrorCode =
  | 'BAD_REQUEST'
  | 'VALIDATION_ERROR'
  | 'FST_ERR_VALIDATION'
  | 'MALFORMED_REQUEST'
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'ROUTE_NOT_FOUND'
  | 'METHOD_NOT_ALLOWED'
  | 'REQUEST_TIMEOUT'
  | 'CONFLICT'
  | 'GONE'
  | 'PAYLOAD_TOO_LARGE'
  | 'UNPROCESSABLE_ENTITY'
  | 'TOO_MANY_REQUESTS'
  | 'RATE_LIMIT_EXCEEDED'
  | 'REQUEST_HEADER_FIELDS_TOO_LARGE'
  | 'CLIENT_CLOSED_REQUEST'
  | 'INTERNAL_SERVER_ERROR'
  | 'BAD_GATEWAY'
  | 'SERVICE_UNAVAILABLE'
  | 'GATEWAY_TIMEOUT'
  | 'RESPONSE_CUT_OFF'
  | 'ERROR_AFTER_RESPONSE'

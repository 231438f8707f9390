import type { FastifyInstance } from 'fastify'
import { onEarlyRejection } from '@seaworthy/contract'
import type { LazyCounter } from '@seaworthy/internal'
import type { ErrorCode } from '../classes/codes.ts'
import { codeOf, titleOf } from '../classes/status.ts'
import type { ErrorReply } from '../resolve/error-reply.ts'
import type { FailureState } from '../resolve/resolve-error.ts'
import type { ResolveOnce } from '../resolve/resolve-once.ts'
import { jsonBody, jsonType, problemBody, problemType } from '../respond/body.ts'
import type { ErrorResponder } from '../respond/error-responder.ts'
import type { RespondOptions } from '../respond/options.ts'

/** Fastify's own messages repeat the URL with its query, which may hold secrets. */
const messages: Readonly<Record<string, string>> = {
  FST_ERR_BAD_URL: 'The URL is malformed',
  FST_ERR_MAX_PARAM_LENGTH: 'A parameter in the URL is too long'
}

/** No handler has run, and no schema was compared. */
const earlyState: FailureState = { inHandler: false, isSecondError: false, hasFormatter: () => false }

/** Gives requests that Fastify rejects before any hook runs the same body as all others. */
export function respondToEarlyRejections(
  fastify: FastifyInstance,
  options: RespondOptions,
  resolve: ResolveOnce,
  responder: ErrorResponder,
  counter: LazyCounter
): void {
  onEarlyRejection(fastify, {
    respond(error, request, reply) {
      const response = resolve(error, request, reply, earlyState)
      const message = messages[error.code] ?? response.message
      responder.send({ ...response, message }, request, reply)
      return true
    },
    socket(error, _socket, response) {
      const { statusCode, correlationId, headers } = response
      const code = statusCode === 400 ? ('MALFORMED_REQUEST' satisfies ErrorCode) : codeOf(statusCode)
      const reply: ErrorReply = { statusCode, code, message: titleOf(statusCode) }
      const problem = options.format === 'problem'
      const body = problem
        ? problemBody(reply, correlationId, '', options)
        : jsonBody(reply, correlationId, options)
      response.body = JSON.stringify(body)
      headers['content-type'] = problem ? problemType : jsonType
      headers['cache-control'] ??= 'no-store'
      counter.inc(code, `${statusCode}`)
      if (responder.log) {
        fastify.log.info(
          { correlationId, code, statusCode, reason: error.code },
          'errors: malformed request rejected'
        )
      }
    }
  })
}

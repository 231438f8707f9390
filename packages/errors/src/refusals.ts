import type { FastifyInstance } from 'fastify'
import { onEarlyRejection } from '@seaworthy/contract'
import type { Answer } from './answer.ts'
import type { Answerer } from './answerer.ts'
import { jsonBody, jsonType, problemBody, problemType } from './body.ts'
import type { ErrorCounts } from './counts.ts'
import type { ResolvedOptions } from './options.ts'
import { resolveError } from './resolve.ts'
import { codeOf, titleOf } from './status.ts'

const messages: Record<string, string> = {
  FST_ERR_BAD_URL: 'The URL is malformed',
  FST_ERR_MAX_PARAM_LENGTH: 'A parameter in the URL is too long'
}

/** Requests that Fastify refuses before any hook get the same body as all others. */
export function answerRefusals(
  fastify: FastifyInstance,
  options: ResolvedOptions,
  answerer: Answerer,
  counts: ErrorCounts
): void {
  onEarlyRejection(fastify, {
    answer(error, request, reply) {
      const answer = resolveError(error, request, reply, options)
      // Fastify's message repeats the URL with its query.
      answer.message = messages[error.code] ?? answer.message
      answerer.plain(answer, request, reply)
      return true
    },
    socket(error, _socket, answer) {
      const { statusCode, correlationId } = answer
      const code = statusCode === 400 ? 'MALFORMED_REQUEST' : codeOf(statusCode)
      const said: Answer = { statusCode, code, message: titleOf(statusCode) }
      const problem = options.format === 'problem'
      const body = problem
        ? problemBody(said, correlationId, '', options)
        : jsonBody(said, correlationId, options)
      answer.body = JSON.stringify(body)
      answer.headers['content-type'] = problem ? problemType : jsonType
      counts.add(code, statusCode)
      if (answerer.log) {
        fastify.log.info({ correlationId, code, statusCode, reason: error.code }, 'malformed request refused')
      }
    }
  })
}

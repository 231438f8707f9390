import type { FastifyReply, FastifyRequest } from 'fastify'
import { isAppError, type AppError } from './app-error.ts'
import type { Answer } from './answer.ts'
import { familiarAnswer } from './foreign.ts'
import { loggable } from './loggable.ts'
import { mapped } from './mapping.ts'
import type { ResolvedOptions } from './options.ts'
import { codeOf, isCode, isErrorStatus, maskedMessage } from './status.ts'

const internal = (): Answer => ({
  statusCode: 500,
  code: 'INTERNAL_SERVER_ERROR',
  message: maskedMessage(500)
})

/** What our own errors say: all of it, the message below 500 or when the error exposes it. */
function ownAnswer(error: AppError): Answer {
  const { statusCode, code, message, headers, details, extensions } = error
  const { expose }: { expose?: unknown } = error
  const status = isErrorStatus(statusCode) ? statusCode : 500
  const shown = (expose === undefined ? status < 500 : expose === true) && typeof message === 'string'
  return {
    statusCode: status,
    code: isCode(code) ? code : codeOf(status),
    message: shown ? message : maskedMessage(status),
    headers: typeof headers === 'object' && headers !== null ? headers : undefined,
    details,
    extensions: typeof extensions === 'object' && extensions !== null ? extensions : undefined
  }
}

/** The client is gone, and what failed is what its going ended: nobody's fault, and nobody reads the answer. */
function clientLeft(error: object, reply: FastifyReply): boolean {
  if (!reply.raw.destroyed) return false
  const { name, code } = error as { name?: unknown; code?: unknown }
  return name === 'AbortError' || code === 'ABORT_ERR' || code === 'ECONNRESET'
}

/** A status that the app set with `reply.code(401)` before it threw an error that has none. */
function chosenStatus(error: object | undefined, reply: FastifyReply): number | undefined {
  const chosen = reply.statusCode
  if (!isErrorStatus(chosen)) return undefined
  // With a tracer listening Fastify copies the error's own status to the reply: that is no choice of the app's.
  const { statusCode, status } = (error ?? {}) as { statusCode?: unknown; status?: unknown }
  return chosen === statusCode || chosen === status ? undefined : chosen
}

function classify(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  options: ResolvedOptions
): Answer {
  const object =
    (typeof error === 'object' || typeof error === 'function') && error !== null ? error : undefined
  if (object !== undefined && isAppError(object)) return ownAnswer(object)
  if (options.map.length > 0) {
    const ours = mapped(options.map, error, request)
    // A rule may also make an error of Fastify's or http-errors'.
    if (ours !== undefined) {
      return isAppError(ours) ? ownAnswer(ours) : (familiarAnswer(ours, reply) ?? internal())
    }
  }
  if (object !== undefined) {
    const familiar = familiarAnswer(object, reply)
    if (familiar !== undefined) return familiar
    if (clientLeft(object, reply)) {
      return { statusCode: 499, code: 'CLIENT_CLOSED_REQUEST', message: 'Client Closed Request' }
    }
  }
  const statusCode = chosenStatus(object, reply) ?? 500
  return { statusCode, code: codeOf(statusCode), message: maskedMessage(statusCode) }
}

/** What to answer to whatever was thrown. Never throws itself. */
export function resolveError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  options: ResolvedOptions
): Answer {
  try {
    const answer = classify(error, request, reply, options)
    if (answer.statusCode >= 500 && options.expose(error, answer.statusCode)) {
      const { message } = (error ?? {}) as { message?: unknown }
      if (typeof message === 'string' && message !== '') answer.message = message
    }
    return answer
  } catch (failure) {
    // A getter of the error, or a rule of the app, has thrown.
    request.log.warn({ err: loggable(failure) }, 'errors: an error could not be read')
    return internal()
  }
}

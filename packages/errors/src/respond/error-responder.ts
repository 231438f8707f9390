import type { FastifyReply, FastifyRequest } from 'fastify'
import { isRejection } from '@seaworthy/contract'
import type { LazyCounter } from '@seaworthy/internal'
import { sendOnce } from '../internals.ts'
import { loggable, type LoggableError } from '../logging/loggable.ts'
import type { ErrorReply } from '../resolve/error-reply.ts'
import { jsonBody, jsonType, problemBody, problemType, serializeBody } from './body.ts'
import { sendFallbackResponse } from './fallback.ts'
import { addVary, dropStaleHeaders, forbidStoring, setErrorHeaders } from './headers.ts'
import { localize } from './localize.ts'
import { prefersProblem } from './negotiate.ts'
import type { RespondOptions } from './options.ts'

/** Sends errors in the app's one shape: headers, body, one log line, one count. */
export class ErrorResponder {
  readonly #options: RespondOptions
  readonly #counter: LazyCounter
  readonly #sendAgain: FastifyReply['send']
  /** Whether failed requests are logged here. The plugin sets it in `onReady`. */
  log = true

  /** Takes an error by which sending an error's response has failed. Set by the plugin. */
  onFailure: (failure: unknown, request: FastifyRequest, reply: FastifyReply) => void = () => undefined

  constructor(options: RespondOptions, counter: LazyCounter) {
    this.#options = options
    this.#counter = counter
    const failed = (reply: FastifyReply, failure: unknown) => this.sendFallback(failure, reply)
    this.#sendAgain = function (this: FastifyReply, failure?: unknown) {
      failed(this, failure)
      return this
    }
  }

  /** Sends the response to an error that was thrown. Never throws. */
  sendError(response: ErrorReply, error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    const { statusCode } = response
    // Thousands a second may be rejected on purpose: no stack of theirs, nor of what opened the breaker.
    this.send(response, request, reply, () => loggable(error, statusCode >= 500 && !isRejection(error)))
  }

  /** Sends a response, also if nothing was thrown. Never throws. */
  send(response: ErrorReply, request: FastifyRequest, reply: FastifyReply, err?: () => LoggableError): void {
    try {
      this.#counter.inc(response.code, `${response.statusCode}`)
      if (this.log) logRequest(response, request, err?.())
      this.#send(response, request, reply)
    } catch (failure) {
      this.sendFallback(failure, reply)
    }
  }

  /** Sends a plain 500, because sending an error's response has failed. */
  sendFallback(failure: unknown, reply: FastifyReply): void {
    this.onFailure(failure, reply.request, reply)
    sendFallbackResponse(reply, failure)
  }

  #send(response: ErrorReply, request: FastifyRequest, reply: FastifyReply): void {
    const { format, challenge, messages } = this.#options
    dropStaleHeaders(reply)
    if (response.headers !== undefined) setErrorHeaders(reply, response.headers)
    if (response.statusCode === 401 && challenge !== undefined && !reply.hasHeader('www-authenticate')) {
      reply.header('www-authenticate', challenge)
    }
    const content = messages === undefined ? response : localize(response, messages, request, reply)
    const problem = format === 'problem' || prefersProblem(request.headers.accept)
    if (format === 'json') addVary(reply, 'Accept')

    const body = problem
      ? problemBody(content, request.id, request.url, this.#options)
      : jsonBody(content, request.id, this.#options)
    reply.code(content.statusCode)
    reply.header('content-type', problem ? problemType : jsonType)
    // The route's response schema describes the route's responses and would strip members of this one.
    reply.serializer(serializeBody)
    forbidStoring(reply)
    sendOnce(reply, body, this.#sendAgain)
  }
}

function logRequest({ code, statusCode }: ErrorReply, { log }: FastifyRequest, err?: LoggableError): void {
  const fields = err === undefined ? { code, statusCode } : { code, statusCode, err }
  if (statusCode >= 500) log.error(fields, 'errors: request failed')
  else log.info(fields, 'errors: request rejected')
}

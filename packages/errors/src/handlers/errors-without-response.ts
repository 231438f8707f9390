import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { provided, reporterPort } from '@seaworthy/contract'
import type { LazyCounter } from '@seaworthy/internal'
import type { ErrorCode } from '../classes/codes.ts'
import { cutResponse } from '../internals.ts'
import { loggable } from '../logging/loggable.ts'
import type { ErrorResponder } from '../respond/error-responder.ts'

/** Handles errors that no response can carry any more: they are counted and reported. */
export class ErrorsWithoutResponse {
  readonly #fastify: FastifyInstance
  readonly #counter: LazyCounter
  readonly #responder: ErrorResponder

  constructor(fastify: FastifyInstance, counter: LazyCounter, responder: ErrorResponder) {
    this.#fastify = fastify
    this.#counter = counter
    this.#responder = responder
  }

  /** A handler has thrown after it has replied. Fastify logs it. */
  afterReply(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    this.#record('ERROR_AFTER_RESPONSE', 'error after response', error, request, reply)
  }

  /** A stream has failed after the head of its response. Fastify logs it and closes the connection. */
  streamFailed(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    this.#record('RESPONSE_CUT_OFF', 'response cut off', error, request, reply)
  }

  /**
   * Sending the response to an error has failed with another one: the app's error handler, a hook or a serializer has thrown. The first
   * error is the request's own, which `onError` hooks have seen; this one would be lost.
   */
  failedAgain(first: { error: unknown } | null, error: unknown, request: FastifyRequest): void {
    try {
      request.log.error(
        { err: loggable(error), ...(first !== null && { first: loggable(first.error, false) }) },
        'errors: sending the response to an error failed with another error; sending a plain 500; correct the error ' +
          'handler, hook or serializer that threw "err"; the error of the request is "first"'
      )
      provided(this.#fastify, reporterPort)?.report(error, {
        source: 'response to an error',
        request,
        statusCode: 500
      })
    } catch {
      // The logger or the tracker has failed as well: the response must still be sent.
    }
  }

  /** The response failed after its head. Closes the connection, so that the client sees that it is incomplete. */
  cutOff(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    this.streamFailed(error, request, reply)
    if (this.#responder.log) {
      const code: ErrorCode = 'RESPONSE_CUT_OFF'
      request.log.error({ err: loggable(error), code }, 'errors: response cut off')
    }
    cutResponse(reply.raw)
  }

  #record(
    code: ErrorCode,
    source: string,
    error: unknown,
    request: FastifyRequest,
    reply: FastifyReply
  ): void {
    this.#counter.inc(code, `${reply.statusCode}`)
    // An incomplete response is no success, whatever its head has said.
    const statusCode = code === 'RESPONSE_CUT_OFF' ? 500 : reply.statusCode
    provided(this.#fastify, reporterPort)?.report(error, { source, request, statusCode })
  }
}

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { provided, reporterPort } from '@seaworthy/contract'
import type { LazyCounter } from '@seaworthy/internal'
import type { ErrorCode } from '../classes/codes.ts'
import { loggable } from '../logging/loggable.ts'
import type { ErrorResponder } from '../respond/error-responder.ts'

/** Handles errors that no response can carry any more: they are counted and reported. */
export class UnansweredErrors {
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
    this.#record('ERROR_AFTER_ANSWER', 'error after answer', error, request, reply)
  }

  /** A stream has failed after the head of its response. Fastify logs it and closes the connection. */
  streamFailed(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    this.#record('RESPONSE_CUT_OFF', 'response cut off', error, request, reply)
  }

  /** The response failed after its head. Closes the connection, so that the client sees that it is incomplete. */
  cutOff(error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    this.streamFailed(error, request, reply)
    if (this.#responder.log) {
      const code: ErrorCode = 'RESPONSE_CUT_OFF'
      request.log.error({ err: loggable(error), code }, 'errors: response cut off')
    }
    reply.raw.destroy()
  }

  #record(
    code: ErrorCode,
    source: string,
    error: unknown,
    request: FastifyRequest,
    reply: FastifyReply
  ): void {
    this.#counter.inc(code, `${reply.statusCode}`)
    provided(this.#fastify, reporterPort)?.report(error, { source, request })
  }
}

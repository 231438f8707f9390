import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { FailureState } from '../resolve/resolve-error.ts'
import { hasAppFormatter } from './error-formatter.ts'

/** Notes of each request how far it has come and which error was its first. */
export class Failures {
  readonly #kInHandler = Symbol('seaworthy.errors.in-handler')
  readonly #kFirst = Symbol('seaworthy.errors.first')
  readonly #hasFormatter: (request: FastifyRequest) => boolean

  constructor(fastify: FastifyInstance) {
    this.#hasFormatter = hasAppFormatter(fastify)
    fastify.decorateReply(this.#kInHandler, false)
    fastify.decorateReply(this.#kFirst, null)
  }

  /** The handler starts. */
  handlerStarts(reply: FastifyReply): void {
    const replies = reply as unknown as Record<symbol, boolean>
    replies[this.#kInHandler] = true
  }

  /** An error of the request. Only the first is kept. */
  note(reply: FastifyReply, error: unknown): void {
    const replies = reply as unknown as Record<symbol, { error: unknown } | null>
    replies[this.#kFirst] ??= { error }
  }

  /** The error that was being answered when this one came. `null` if this one is the first. */
  before(reply: FastifyReply, error: unknown): { error: unknown } | null {
    const first = (reply as unknown as Record<symbol, { error: unknown } | null>)[this.#kFirst] ?? null
    return first === null || first.error === error ? null : first
  }

  stateOf(reply: FastifyReply, error: unknown): FailureState {
    return {
      inHandler: (reply as unknown as Record<symbol, unknown>)[this.#kInHandler] === true,
      hasFormatter: this.#hasFormatter,
      isSecondError: this.before(reply, error) !== null
    }
  }
}

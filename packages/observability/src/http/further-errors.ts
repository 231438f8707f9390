import type { FastifyReply, FastifyRequest } from 'fastify'
import { isError } from '../logging/is-error.ts'

/**
 * Whether an error that follows another is a failure. One with a status is the answer that an error handler has chosen,
 * unless Fastify made it: a payload that it cannot send, a schema that does not fit.
 */
export function isFailure(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return true
  try {
    const { statusCode, status, code } = error as Record<string, unknown>
    const chosen = statusCode ?? status
    return (
      typeof chosen !== 'number' || (chosen === 500 && typeof code === 'string' && code.startsWith('FST_'))
    )
  } catch {
    // A getter or a proxy threw.
    return true
  }
}

/**
 * Returns a `send` for replies to an error. Fastify runs its `onError` hooks for the first error of a request only; those
 * that follow, it passes to `send`.
 */
export function watchFurtherErrors(
  onError: (request: FastifyRequest, error: unknown) => void
): FastifyReply['send'] {
  return function send(this: FastifyReply, payload?: unknown): FastifyReply {
    if (isError(payload)) onError(this.request, payload)
    const { send: original } = Object.getPrototypeOf(this) as FastifyReply
    return original.call(this, payload as never)
  }
}

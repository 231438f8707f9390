import type { FastifyRequest } from 'fastify'
import { deadlineOf } from '../deadline/request-state.ts'
import { CallCanceledError } from '../errors/call-errors.ts'
import { isResilienceError } from '../errors/checks.ts'

/** The error of a call that the app has ended by a signal of its own. No failure of the service that is called. */
export function callerAbortError({ reason }: AbortSignal, request: FastifyRequest | null | undefined): Error {
  // The signal is the request's own, or follows it.
  if (isResilienceError(reason) && (reason.kind === 'canceled' || reason.code === 'DEADLINE_EXCEEDED'))
    return reason
  if (deadlineOf(request)?.isClientGone) return new CallCanceledError()
  return new CallCanceledError({ cause: reason, isTimeout: isTimeout(reason) })
}

/** Of `AbortSignal.timeout`, or of a breaker around this call. */
const isTimeout = (reason: unknown): boolean =>
  reason instanceof Error &&
  (reason.name === 'TimeoutError' || (isResilienceError(reason) && reason.kind === 'timeout'))

import { discard } from '../call/discard.ts'
import type { FastifyRequest } from 'fastify'
import { callerAbortError } from './caller-abort.ts'

/** The result of a call, or a rejection as soon as its caller aborts it: it may wait for a retry or for a slot. */
export function untilCallerAborts(
  result: Promise<Response>,
  signal: AbortSignal,
  request: FastifyRequest | null | undefined
): Promise<Response> {
  return new Promise((resolve, reject) => {
    // A turn later: an attempt that is pending has ended then, and is counted.
    const abort = (): void => {
      setImmediate(() => {
        reject(callerAbortError(signal, request))
        result.then(discard, () => undefined)
      })
    }
    signal.addEventListener('abort', abort, { once: true })
    const settle = (): void => signal.removeEventListener('abort', abort)
    result.finally(settle).then(resolve, reject)
  })
}

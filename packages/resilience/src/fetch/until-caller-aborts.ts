import { discard } from '../call/discard.ts'
import { CallCanceledError } from '../errors/call-errors.ts'

/** The result of a call, or a rejection as soon as its caller aborts it: it may wait for a retry or for a slot. */
export function untilCallerAborts(result: Promise<Response>, signal: AbortSignal): Promise<Response> {
  return new Promise((resolve, reject) => {
    // A turn later: an attempt that is pending has ended then, and is counted.
    const abort = (): void => {
      setImmediate(() => {
        reject(new CallCanceledError())
        result.then(discard, () => undefined)
      })
    }
    signal.addEventListener('abort', abort, { once: true })
    const settle = (): void => signal.removeEventListener('abort', abort)
    result.finally(settle).then(resolve, reject)
  })
}

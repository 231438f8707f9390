import type { TryContext } from '../call/call.ts'
import type { Clock } from '../clock.ts'
import { deadlineOf } from '../deadline/deadline.ts'
import { CallCanceledError, CallTimeoutError } from '../errors.ts'
import { type InFlight, Stoppable } from '../abortable.ts'
import { shownFailure } from '../call/outcome.ts'

const readers = ['json', 'text', 'arrayBuffer', 'blob', 'bytes', 'formData'] as const

interface Guarding {
  readonly context: TryContext
  /** Milliseconds until the call's time is over. */
  readonly left: number
  /** Ends the response. */
  readonly controller: AbortController
  /** The caller's own signal. */
  readonly own: AbortSignal | undefined
  readonly clock: Clock
  readonly inFlight: InFlight
}

/**
 * A body may come slowly, or never end. Until it has been read, it ends with the call's time, with the client, and
 * with the app. What goes wrong while it is read is the upstream's failure, a body that is no JSON too.
 */
export function guardBody(
  response: Response,
  { context, left, controller, own, clock, inFlight }: Guarding
): Response {
  const deadline = deadlineOf(context.request)
  const forget = (): void => {
    if (timer !== undefined) clock.clearTimeout(timer)
    reading.land()
  }
  const reading = new Stoppable((reason) => {
    forget()
    controller.abort(reason)
  })
  const timer =
    response.body !== null && left < 2 ** 31
      ? clock.setTimeout(() => reading.abort(new CallTimeoutError()), Math.max(0, left))
      : undefined
  // A body that nobody reads must not keep the process.
  if (timer instanceof Object && 'unref' in timer) (timer as NodeJS.Timeout).unref()
  if (response.body !== null) {
    if (deadline) deadline.watch(reading)
    else inFlight.add(reading)
  }

  for (const name of readers) {
    const read = response[name] as (() => Promise<unknown>) | undefined
    if (!read) continue
    const guarded = async (): Promise<unknown> => {
      // Reading it twice is a mistake of the caller's.
      if (response.bodyUsed) return read.call(response)
      try {
        return await read.call(response)
      } catch (error) {
        if (own?.aborted) throw new CallCanceledError()
        // What a refusal says need not be JSON.
        if (response.ok) context.failedLater(error)
        throw shownFailure(error)
      } finally {
        forget()
      }
    }
    Object.defineProperty(response, name, { value: guarded, configurable: true })
  }
  return response
}

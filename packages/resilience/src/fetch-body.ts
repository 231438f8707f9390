import type { CallContext } from './call.ts'
import type { Clock } from './clock.ts'
import { type Abortable, deadlineOf } from './deadline.ts'
import { CallTimeoutError } from './errors.ts'
import { shownFailure } from './outcome.ts'

const readers = ['json', 'text', 'arrayBuffer', 'blob', 'bytes', 'formData'] as const

/**
 * A body may come slowly, or never end. Until it has been read, it ends with the call's time, with the client, and
 * with the app. What goes wrong while it is read is the upstream's failure, a body that is no JSON too.
 *
 * @param left - Milliseconds until the call's time is over.
 */
export function guardBody(
  response: Response,
  { request }: CallContext,
  left: number,
  controller: AbortController,
  { clock, inFlight }: { clock: Clock; inFlight: Set<Abortable> }
): Response {
  if (response.body === null) return response
  const deadline = deadlineOf(request)
  const forget = (): void => {
    if (timer !== undefined) clock.clearTimeout(timer)
    inFlight.delete(abortable)
    deadline?.unwatch(abortable)
  }
  const abortable: Abortable = {
    abort(reason) {
      forget()
      controller.abort(reason)
    }
  }
  const timer =
    left < 2 ** 31
      ? clock.setTimeout(() => abortable.abort(new CallTimeoutError()), Math.max(0, left))
      : undefined
  // A body that nobody reads must not keep the process.
  if (timer instanceof Object && 'unref' in timer) (timer as NodeJS.Timeout).unref()
  inFlight.add(abortable)
  deadline?.watch(abortable)

  for (const name of readers) {
    const read = response[name] as (() => Promise<unknown>) | undefined
    if (!read) continue
    const guarded = async (): Promise<unknown> => {
      try {
        return await read.call(response)
      } catch (error) {
        throw shownFailure(error)
      } finally {
        forget()
      }
    }
    Object.defineProperty(response, name, { value: guarded, configurable: true })
  }
  return response
}

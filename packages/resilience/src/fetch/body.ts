import { Abortable, type AbortableList } from '../abortable.ts'
import type { AttemptContext } from '../call/call.ts'
import { toCallerError } from '../call/outcome.ts'
import { type Clock, startTimer, stopTimer } from '../clock.ts'
import { deadlineOf } from '../deadline/request-state.ts'
import { CallCanceledError, CallTimeoutError } from '../errors.ts'

const readers = ['json', 'text', 'arrayBuffer', 'blob', 'bytes', 'formData'] as const

interface BodyGuard {
  readonly context: AttemptContext
  /** Milliseconds until the call's time is over. */
  readonly remaining: number
  /** Aborts the response. */
  readonly controller: AbortController
  readonly callerSignal: AbortSignal | undefined
  readonly clock: Clock
  readonly pendingWork: AbortableList
}

/**
 * Guards the reading of a response's body, which may be slow or never end: it is aborted at the end of the call's time,
 * when the client disconnects, and when the app closes. A body that cannot be read, or is not valid JSON for `json()`,
 * is a failure of the upstream.
 */
export function guardBody(response: Response, guard: BodyGuard): Response {
  const pending = response.body === null ? undefined : new PendingBody(guard)
  for (const name of readers) {
    const read = response[name] as (() => Promise<unknown>) | undefined
    if (!read) continue
    const guarded = async (): Promise<unknown> => {
      // Reading a body twice is a bug in the app: fetch's own error goes to it.
      if (response.bodyUsed) return read.call(response)
      try {
        return await read.call(response)
      } catch (error) {
        if (guard.callerSignal?.aborted) throw new CallCanceledError()
        // An error response need not be JSON.
        if (response.ok) guard.context.failLate(error)
        throw toCallerError(error)
      } finally {
        pending?.end()
      }
    }
    Object.defineProperty(response, name, { value: guarded, configurable: true })
  }
  return response
}

/** A body that is not read yet. */
class PendingBody extends Abortable {
  readonly #clock: Clock
  readonly #controller: AbortController
  readonly #timer: unknown

  constructor({ context, remaining, controller, clock, pendingWork }: BodyGuard) {
    super()
    this.#clock = clock
    this.#controller = controller
    this.#timer = startTimer(clock, remaining, () => this.abort(new CallTimeoutError()))
    // A body that the app does not read must not keep the process alive.
    if (this.#timer instanceof Object && 'unref' in this.#timer) (this.#timer as NodeJS.Timeout).unref()
    const deadline = deadlineOf(context.request)
    if (deadline) deadline.track(this)
    else pendingWork.add(this)
  }

  override abort(reason: Error): void {
    this.end()
    this.#controller.abort(reason)
  }

  end(): void {
    stopTimer(this.#clock, this.#timer)
    this.unlink()
  }
}

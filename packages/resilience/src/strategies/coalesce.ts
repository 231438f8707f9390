import { Call, isTimed, type Run } from '../call/call.ts'
import type { Clock } from '../clock.ts'
import { CallTimeoutError, DeadlineError } from '../errors.ts'
import { type InFlight, Stoppable } from '../abortable.ts'

interface Shared<T> {
  promise: Promise<T>
  attempts: Call<unknown[]>
}

/**
 * Calls with the same key that are in flight at the same time become one. It belongs to none of them: it goes on
 * when one leaves, and each waits no longer than its own time.
 */
export function coalescing<Args extends unknown[], T>(
  next: Run<Args, T>,
  keyOf: (...args: Args) => string | undefined,
  totalTimeout: number,
  host: { clock: Clock; inFlight: InFlight }
): Run<Args, T> {
  const shared = new Map<string, Shared<T>>()

  return (call) => {
    const key = keyOf(...call.args)
    if (key === undefined) return next(call)
    let found = shared.get(key)
    if (!found) {
      const own = new Call(call.request, call.args, undefined, call.startedAt, call.startedAt + totalTimeout)
      const promise = next(own)
      const forget = (): void => void shared.delete(key)
      promise.then(forget, forget)
      found = { promise, attempts: own }
      shared.set(key, found)
    }
    const { promise, attempts } = found
    return waiting(promise, call, host).finally(() => {
      call.attempts = attempts.attempts
    })
  }
}

/** The promise, or the end of this call's own time. */
function waiting<Args extends unknown[], T>(
  promise: Promise<T>,
  call: Call<Args>,
  { clock, inFlight }: { clock: Clock; inFlight: InFlight }
): Promise<T> {
  return new Promise((resolve, reject) => {
    const left = call.expiresAt - clock.now()
    const late = (): void => own.abort(call.byDeadline ? new DeadlineError() : new CallTimeoutError())
    const timer = isTimed(left) ? clock.setTimeout(late, Math.max(0, left)) : undefined
    const forget = (): void => {
      if (timer !== undefined) clock.clearTimeout(timer)
      own.land()
    }
    const own = new Stoppable((reason) => {
      forget()
      reject(reason)
    })
    call.watch(own, inFlight)
    promise.then(resolve, reject).finally(forget)
  })
}

import { Call, type CallLifetime, type RunCall } from '../call/call.ts'
import { TimedWait, type WaitHost } from './timed-wait.ts'

interface SharedCall<T> {
  promise: Promise<T>
  call: Call<unknown[]>
}

/**
 * Makes one call of those that have the same key and are pending at the same time. The shared call belongs to no
 * request: it goes on when one of its callers is aborted, and each caller waits only for its remaining time.
 */
export function withCoalescing<Args extends unknown[], T>(
  next: RunCall<Args, T>,
  keyOf: (...args: Args) => string | undefined,
  totalTimeout: number,
  host: WaitHost
): RunCall<Args, T> {
  const pending = new Map<string, SharedCall<T>>()

  const startShared = (key: string, { request, args, startedAt }: Call<Args>): SharedCall<T> => {
    const call = new Call(request, args, undefined, startedAt, startedAt + totalTimeout)
    const promise = next(call)
    const forget = (): void => void pending.delete(key)
    promise.then(forget, forget)
    const shared = { promise, call }
    pending.set(key, shared)
    return shared
  }

  return (call) => {
    const key = keyOf(...call.args)
    if (key === undefined) return next(call)
    const shared = pending.get(key) ?? startShared(key, call)
    const wait = new CallerWait<T>(call, host)
    shared.promise.then(
      (value) => wait.resolve(value),
      (error: unknown) => wait.reject(error)
    )
    return wait.promise.finally(() => {
      call.attempts = shared.call.attempts
    })
  }
}

/** One caller of a shared call, with its time limit. */
class CallerWait<T> extends TimedWait<T> {
  readonly #call: CallLifetime

  constructor(call: CallLifetime, host: WaitHost) {
    super(call, call.expiresAt - host.clock.now(), host)
    this.#call = call
  }

  protected override onTimeout(): void {
    this.reject(this.#call.timeoutError())
  }
}

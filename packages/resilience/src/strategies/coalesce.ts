import { Call, type CallLifetime, type RunCall } from '../call/call.ts'
import { TimedWait, type WaitHost } from './timed-wait.ts'

/** Milliseconds. A shared call without a time limit may never end: later callers do not wait for it any longer. */
const LONGEST_SHARED = 30_000

interface SharedCall<T> {
  readonly call: Call<unknown[]>
  readonly promise: Promise<T>
  readonly resolve: (value: T) => void
  readonly reject: (error: unknown) => void
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
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const shared: SharedCall<T> = { call, promise, resolve, reject }
    next(call).then(resolve, reject)
    const abandoned = pending.get(key)
    pending.set(key, shared)
    // Callers that wait for a call that never ends get this result.
    if (abandoned) promise.then(abandoned.resolve, abandoned.reject)
    const forget = (): void => void (pending.get(key) === shared && pending.delete(key))
    promise.then(forget, forget)
    return shared
  }

  const sharedCall = (key: string, call: Call<Args>): SharedCall<T> => {
    const shared = pending.get(key)
    const isAbandoned =
      shared && shared.call.expiresAt === Infinity && call.startedAt - shared.call.startedAt > LONGEST_SHARED
    return shared && !isAbandoned ? shared : startShared(key, call)
  }

  return (call) => {
    const key = keyOf(...call.args)
    if (key === undefined) return next(call)
    const shared = sharedCall(key, call)
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

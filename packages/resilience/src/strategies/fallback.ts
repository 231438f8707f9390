import type { FastifyBaseLogger } from 'fastify'
import type { Call, CallContext, CallLifetime, RunCall } from '../call/call.ts'
import { kindOf } from '../call/outcome.ts'
import { isResilienceError } from '../errors/checks.ts'
import type { FailureKind, ResilienceError } from '../errors/resilience-error.ts'
import type { LastGood } from './last-good.ts'
import { TimedWait, type WaitHost } from './timed-wait.ts'

/**
 * The second argument of a fallback.
 *
 * @example
 * const fallback = (_error: ResilienceError, { args, kind }: FallbackContext<[string]>) => `${args[0]}: ${kind}`
 * app.resilience.breaker('prices', async (_context: CallContext, item: string) => item, { fallback })
 */
export interface FallbackContext<Args extends unknown[]> extends Pick<CallContext, 'signal' | 'request'> {
  /** The arguments of the failed call. */
  readonly args: Args
  readonly kind: FailureKind
}

/**
 * Returns the result of a call that has failed.
 *
 * @example
 * const fallback: Fallback<[], number> = (error) => (error.kind === 'open' ? 0 : 1)
 * app.resilience.breaker('prices', async () => 42, { fallback })
 */
export type Fallback<Args extends unknown[], T> = (
  error: ResilienceError,
  context: FallbackContext<Args>
) => T | Promise<T>

interface FallbackHost<Args extends unknown[], T> extends WaitHost {
  readonly breaker: string
  readonly fallback: Fallback<Args, T> | undefined
  readonly lastGood: LastGood<Args, T> | undefined
  readonly kinds: ReadonlySet<FailureKind>
  /** Milliseconds. */
  readonly timeout: number
  readonly log: FastifyBaseLogger
  onDegraded(call: Call<Args>): void
}

/** Replaces some kinds of failure by the last good value or else by the fallback's. Bugs in the app stay errors. */
export function withFallback<Args extends unknown[], T>(
  next: RunCall<Args, T>,
  host: FallbackHost<Args, T>
): RunCall<Args, T> {
  const { lastGood } = host
  const replace = async (call: Call<Args>, error: unknown): Promise<T> => {
    if (!isResilienceError(error) || !host.kinds.has(error.kind)) throw error
    call.error = error
    const stored = lastGood?.find(call.args)
    if (stored) return degrade(call, 'lastGood', stored.value, host)
    if (!host.fallback) throw error
    try {
      return degrade(call, 'fallback', await runFallback(call, error, host.fallback, host), host)
    } catch (fallbackError) {
      const kind = kindOf(fallbackError)
      if (kind === 'canceled' || kind === 'closed') throw fallbackError
      if (fallbackError !== error)
        logFailedFallback(call.request?.log ?? host.log, host.breaker, fallbackError)
      throw error
    }
  }

  return (call) => {
    const result = lastGood ? next(call).then((value) => store(lastGood, call, value)) : next(call)
    return result.catch((error: unknown) => replace(call, error))
  }
}

function logFailedFallback(log: FastifyBaseLogger, breaker: string, err: unknown): void {
  log.error(
    { breaker, err },
    'resilience: the fallback failed too; the caller gets the error of the call; fix the fallback'
  )
}

function store<Args extends unknown[], T>(lastGood: LastGood<Args, T>, call: Call<Args>, value: T): T {
  lastGood.store(call.args, value)
  return value
}

function degrade<Args extends unknown[], T>(
  call: Call<Args>,
  source: 'lastGood' | 'fallback',
  value: T,
  host: FallbackHost<Args, T>
): T {
  call.source = source
  host.onDegraded(call)
  return value
}

/** Runs the fallback with a separate timeout, as the call's time may be over. */
function runFallback<Args extends unknown[], T>(
  call: Call<Args>,
  error: ResilienceError,
  fallback: Fallback<Args, T>,
  { timeout, ...host }: FallbackHost<Args, T>
): Promise<T> {
  const wait = new FallbackWait<T>(call, timeout, host)
  const { request, args } = call
  const { signal } = wait
  const run = async (): Promise<T> => fallback(error, { signal, request, args, kind: error.kind })
  run().then(
    (value) => wait.resolve(value),
    (fallbackError: unknown) => wait.reject(fallbackError)
  )
  return wait.promise
}

class FallbackWait<T> extends TimedWait<T> {
  readonly #controller = new AbortController()
  readonly #timeout: number

  constructor(call: CallLifetime, timeout: number, host: WaitHost) {
    super(call, timeout, host)
    this.#timeout = timeout
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  protected override onTimeout(): void {
    this.abort(new Error(`The fallback took longer than ${this.#timeout} ms`))
  }

  override abort(reason: Error): void {
    super.abort(reason)
    this.#controller.abort(reason)
  }
}

import type { FastifyBaseLogger } from 'fastify'
import type { Call, CallContext, Run } from '../call/call.ts'
import type { Clock } from '../clock.ts'
import { type FailureKind, isResilienceError, type ResilienceError } from '../errors.ts'
import { type InFlight, Stoppable } from '../abortable.ts'
import { kindOf } from '../call/outcome.ts'
import type { LastGood } from './last-good.ts'

/** What a fallback is told, besides the error. */
export interface FallbackContext<Args extends unknown[]> extends Pick<CallContext, 'signal' | 'request'> {
  /** What the guarded function was called with. */
  readonly args: Args
  readonly kind: FailureKind
}

export type Fallback<Args extends unknown[], T> = (
  error: ResilienceError,
  context: FallbackContext<Args>
) => T | Promise<T>

interface DegradeHost<Args extends unknown[], T> {
  readonly fallback: Fallback<Args, T> | undefined
  readonly lastGood: LastGood<Args, T> | undefined
  readonly on: ReadonlySet<FailureKind>
  readonly timeout: number
  readonly clock: Clock
  readonly inFlight: InFlight
  readonly log: FastifyBaseLogger
  degraded(call: Call<Args>): void
}

/** Answers some kinds of failure with the last good value, or else the fallback. A mistake in the code is none. */
export function degrading<Args extends unknown[], T>(
  next: Run<Args, T>,
  host: DegradeHost<Args, T>
): Run<Args, T> {
  const { lastGood } = host
  const instead = async (call: Call<Args>, error: unknown): Promise<T> => {
    if (!isResilienceError(error) || !host.on.has(error.kind)) throw error
    call.error = error
    const kept = lastGood?.find(call.args)
    if (kept) return answer(call, 'lastGood', kept.value, host)
    if (!host.fallback) throw error
    try {
      return answer(call, 'fallback', await inTime(call, error, host.fallback, host), host)
    } catch (failed) {
      const kind = kindOf(failed)
      if (kind === 'canceled' || kind === 'closed') throw failed
      if (failed !== error) {
        const log = call.request?.log ?? host.log
        log.error({ err: failed }, 'the fallback failed too')
      }
      throw error
    }
  }

  return (call) => {
    const made = lastGood ? next(call).then((value) => kept(lastGood, call, value)) : next(call)
    return made.catch((error: unknown) => instead(call, error))
  }
}

function kept<Args extends unknown[], T>(lastGood: LastGood<Args, T>, call: Call<Args>, value: T): T {
  lastGood.keep(call.args, value)
  return value
}

function answer<Args extends unknown[], T>(
  call: Call<Args>,
  source: 'lastGood' | 'fallback',
  value: T,
  host: DegradeHost<Args, T>
): T {
  call.source = source
  host.degraded(call)
  return value
}

/** The fallback, with a timeout of its own: the call's may be over. It ends with the client and the app too. */
function inTime<Args extends unknown[], T>(
  call: Call<Args>,
  error: ResilienceError,
  fallback: Fallback<Args, T>,
  { timeout, clock, inFlight }: DegradeHost<Args, T>
): Promise<T> {
  return new Promise((resolve, reject) => {
    const controller = new AbortController()
    const forget = (): void => {
      clock.clearTimeout(timer)
      work.land()
    }
    const stop = (reason: Error): void => {
      forget()
      controller.abort(reason)
      reject(reason)
    }
    const work = new Stoppable(stop)
    const late = (): void => stop(new Error(`The fallback took longer than ${timeout} ms`))
    const timer = clock.setTimeout(late, timeout)
    call.watch(work, inFlight)

    const { request, args } = call
    const { signal } = controller
    const made = async (): Promise<T> => fallback(error, { signal, request, args, kind: error.kind })
    made().then(resolve, reject).finally(forget)
  })
}

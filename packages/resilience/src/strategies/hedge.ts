import type { Call, Run } from '../call/call.ts'
import { CallCanceledError } from '../errors.ts'
import type { HedgeOptions } from './retry-options.ts'
import type { Budget } from './retry-budget.ts'
import type { RetryHost } from './retry.ts'

/** Starts a second try when the first one is slow. The first answer wins and the other try is aborted. */
export function hedging<Args extends unknown[], T>(
  next: Run<Args, T>,
  { delay }: HedgeOptions,
  budget: Budget,
  host: RetryHost
): Run<Args, T> {
  return (call) => {
    if (!host.hedgeable(call.args)) return next(call)

    return new Promise((resolve, reject) => {
      const tries: Call<Args>[] = []
      let failed = 0
      const start = (): void => {
        const own = call.another()
        tries.push(own)
        next(own).then(
          (value) => {
            resolve(value)
            host.clock.clearTimeout(timer)
            for (const other of tries) if (other !== own) other.current?.abort(new CallCanceledError())
            return value
          },
          (error: unknown) => {
            host.clock.clearTimeout(timer)
            // The other one may still make it.
            if (++failed === tries.length) reject(error)
          }
        )
      }
      const timer = host.clock.setTimeout(() => {
        if (!budget.withdraw()) return
        host.retried()
        start()
      }, delay)
      start()
    })
  }
}

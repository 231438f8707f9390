import { optionChecks } from '@seaworthy/internal'
import { type Health, resolveHealth } from '../breaker/health.ts'

/**
 * Options of {@link Resilience.adopt}.
 *
 * @example
 * const options: AdoptOptions = { health: { critical: true } }
 * const adopt = (breaker: OpossumBreaker<[number], string>) => app.resilience.adopt('payments', breaker, options)
 */
export interface AdoptOptions {
  /**
   * Adds a readiness check, `breaker:<name>`, that fails while the breaker is open. `critical` makes the service not
   * ready then. Needs `@seaworthy/health`.
   *
   * @defaultValue None: no check
   */
  health?: { critical?: boolean } | undefined
  /**
   * Whether the breaker is shut down (`breaker.shutdown()`: its timers end, later calls are rejected) when the app has
   * closed. Of several apps that adopted it, the last one does that.
   *
   * @defaultValue true
   */
  shutdown?: boolean | undefined
}

export interface ResolvedAdoptOptions {
  readonly health: Health | undefined
  readonly shutdown: boolean
}

const check = optionChecks('resilience')

export function resolveAdoptOptions(name: string, options: AdoptOptions): ResolvedAdoptOptions {
  const at = `adopt("${name}")`
  check.keys(at, options, ['health', 'shutdown'])
  const { health, shutdown = true } = options
  return {
    health: health && resolveHealth(`${at}.health`, health),
    shutdown: check.boolean(`${at}.shutdown`, shutdown)
  }
}

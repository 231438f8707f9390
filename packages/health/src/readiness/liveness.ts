import type { FastifyBaseLogger } from 'fastify'
import { type Complete, optionChecks, type OptionChecks } from '@seaworthy/internal'

const check: OptionChecks = optionChecks('health')

/**
 * When liveness fails after the app has declared itself broken: a guard against restarts in a loop, or of all at once.
 *
 * @example
 * const broken: BrokenOptions = { minUptime: 120_000, spread: 60_000 }
 * await app.register(health, { broken })
 */
export interface BrokenOptions {
  /**
   * Milliseconds that a process lives at least before its liveness fails, 0 to 3600000. A process that is broken from its
   * start is thus not restarted more often than that.
   *
   * @defaultValue 60000
   */
  minUptime?: number | undefined

  /**
   * The longest random delay before liveness fails, so that replicas with the same cause do not restart at the same time.
   * Milliseconds, 0 to 3600000.
   *
   * @defaultValue 30000
   */
  spread?: number | undefined
}

export const brokenDefaults: Complete<BrokenOptions> = { minUptime: 60_000, spread: 30_000 }

const hour = 3_600_000

/** Fills in the defaults and checks the options. */
export function resolveBroken(options: BrokenOptions): Complete<BrokenOptions> {
  if (typeof options !== 'object' || options === null) check.fail('broken', 'an object', options)
  check.keys('broken', options, Object.keys(brokenDefaults))
  const { minUptime = brokenDefaults.minUptime, spread = brokenDefaults.spread } = options
  const rule = { min: 0, max: hour, unit: 'milliseconds' }
  return {
    minUptime: check.integer('broken.minUptime', minUptime, rule),
    spread: check.integer('broken.spread', spread, rule)
  }
}

/** The app as it has declared itself. Times are milliseconds of the epoch. */
export interface BrokenState {
  reason: string
  since: number
  /** When liveness begins to fail. */
  restartAt: number
}

/** Whether the app has declared itself broken, so that the platform should restart the process. */
export class Liveness {
  readonly #log: FastifyBaseLogger
  readonly #options: Complete<BrokenOptions>
  readonly #reasons = new Map<symbol, BrokenState>()
  /** Called with each reason. */
  onBroken: (reason: string) => void = () => undefined
  /** On the monotonic clock: when liveness begins to fail. It stays the same while there is any reason. */
  #failsAt = Infinity

  constructor(log: FastifyBaseLogger, options: Complete<BrokenOptions>) {
    this.#log = log
    this.#options = options
  }

  /** Declares the app broken until the returned function is called. */
  declare(reason: string): () => void {
    check.string('broken.reason', reason)
    const key = Symbol(reason)
    const now = performance.now()
    if (this.#reasons.size === 0) {
      const { minUptime, spread } = this.#options
      // `performance.now()` counts from the start of the process.
      this.#failsAt = Math.max(now, minUptime) + Math.random() * spread
    }
    const delay = Math.max(0, Math.round(this.#failsAt - now))
    this.#reasons.set(key, { reason, since: Date.now(), restartAt: Date.now() + delay })
    this.#log.error(
      { reason, delay },
      `health: the app has declared itself broken (${reason}); the service is not ready, and liveness fails in ` +
        `${Math.ceil(delay / 1000)} s, so that the platform restarts it; look at the reason`
    )
    this.onBroken(reason)
    return () => {
      if (!this.#reasons.delete(key) || this.#reasons.size > 0) return
      this.#failsAt = Infinity
      this.#log.warn({ reason }, 'health: the app is no longer broken; liveness passes')
    }
  }

  /** The first of the reasons. */
  get broken(): BrokenState | undefined {
    const [first] = this.#reasons.values()
    return first
  }

  /** Whether the liveness probe fails. */
  get isFailing(): boolean {
    return this.#reasons.size > 0 && performance.now() >= this.#failsAt
  }
}

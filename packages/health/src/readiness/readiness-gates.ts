import type { FastifyBaseLogger } from 'fastify'
import { optionChecks, type OptionChecks } from '@seaworthy/internal'

const check: OptionChecks = optionChecks('health')
const week = 604_800_000

/**
 * Why the service is not ready, whatever its checks return.
 *
 * @example
 * const reason: NotReadyReason | undefined = app.health.status().reason
 * console.log(reason === 'draining')
 */
export type NotReadyReason = 'starting' | 'held' | 'maintenance' | 'broken' | 'draining'

/** Whether maintenance may last so many milliseconds. */
export const isMaintenanceDuration = (value: unknown): value is number =>
  Number.isInteger(value) && (value as number) >= 1 && (value as number) <= week

/**
 * Options of {@link Maintenance.enter}.
 *
 * @example
 * const options: MaintenanceOptions = { maxDuration: 600_000 }
 * app.health.maintenance.enter('an index is rebuilt', options)
 */
export interface MaintenanceOptions {
  /**
   * Milliseconds after which maintenance ends by itself, 1 to 604800000 (a week).
   *
   * @defaultValue none: it ends with `leave`
   * @throws RangeError with the code `INVALID_OPTION` for any other number.
   */
  maxDuration?: number | undefined
}

/**
 * The maintenance switch.
 *
 * @example
 * app.health.maintenance.enter('an index is rebuilt', { maxDuration: 600_000 })
 * app.health.maintenance.leave()
 */
export interface Maintenance {
  /** Takes the service out of traffic: readiness responds with 503, liveness does not. Only operators see the reason. */
  enter(reason: string, options?: MaintenanceOptions): void
  /** Puts the service back into traffic. */
  leave(): void
  /** The reason, and the start in milliseconds of the epoch. `undefined` if there is no maintenance. */
  readonly current: { readonly reason: string; readonly since: number } | undefined
}

/** Everything but checks that keeps the service not ready: start-up, holds, maintenance, a broken app, the drain. */
export class ReadinessGates {
  readonly maintenance: Maintenance
  /** Whether the service is shutting down. Set by the plugin. */
  isDraining: () => boolean = () => false
  /** Whether the app has declared itself broken. Set by the plugin. */
  isBroken: () => boolean = () => false
  readonly #holds: Map<symbol, string> = new Map()
  #loaded = false
  #started = false
  #maintenance: { reason: string; since: number } | undefined
  #maintenanceEnd: NodeJS.Timeout | undefined

  constructor(log: FastifyBaseLogger) {
    const current = () => this.#maintenance
    this.maintenance = {
      get current() {
        return current()
      },
      enter: (reason, { maxDuration } = {}) => {
        if (maxDuration !== undefined) {
          check.integer('maintenance.maxDuration', maxDuration, { min: 1, max: week, unit: 'milliseconds' })
        }
        clearTimeout(this.#maintenanceEnd)
        this.#maintenance = { reason, since: Date.now() }
        if (maxDuration !== undefined) {
          this.#maintenanceEnd = setTimeout(() => this.maintenance.leave(), maxDuration).unref()
        }
        log.warn({ reason }, 'health: maintenance started; the service is not ready until it ends')
      },
      leave: () => {
        clearTimeout(this.#maintenanceEnd)
        if (!this.#maintenance) return
        log.warn(this.#maintenance, 'health: maintenance ended')
        this.#maintenance = undefined
      }
    }
  }

  /** Keeps the service not ready until the returned function is called. */
  hold(name: string): () => void {
    const key = Symbol(name)
    this.#holds.set(key, name)
    return () => {
      this.#holds.delete(key)
      if (this.#loaded) this.markLoaded()
    }
  }

  /** The names of all holds. */
  get held(): string[] {
    return [...this.#holds.values()]
  }

  /** Notes that all plugins have loaded. From then on start-up is over as soon as there is no hold. */
  markLoaded(): void {
    this.#loaded = true
    this.#started ||= this.#holds.size === 0
  }

  /** Whether start-up is over. Later holds do not change that. */
  get started(): boolean {
    return this.#started
  }

  get reason(): NotReadyReason | undefined {
    if (this.isDraining()) return 'draining'
    if (this.isBroken()) return 'broken'
    if (this.#maintenance) return 'maintenance'
    if (this.#holds.size === 0) return undefined
    return this.#started ? 'held' : 'starting'
  }
}

/** Work that must succeed before the service is ready. `signal` is aborted when the app closes. */
export type StartupTask = (signal: AbortSignal) => unknown

/** Why readiness is held back, whatever the checks say. */
export type NotReadyReason = 'starting' | 'maintenance' | 'draining'

/** The maintenance switch. */
export interface Maintenance {
  /** Takes the service out of traffic: readiness answers 503, liveness stays. The reason is for operators. */
  enter(reason: string): void
  /** Gives it traffic again. */
  leave(): void
  /** Why, and since when in milliseconds of the epoch; undefined while not in maintenance. */
  readonly current: { readonly reason: string; readonly since: number } | undefined
}

/** What holds readiness back beside the checks. */
export class Gates {
  readonly #holds = new Map<object, string>()
  #started = false
  #maintenance: { reason: string; since: number } | undefined
  /** Set by the plugin: whether the service is on its way out. */
  draining: () => boolean = () => false
  readonly maintenance: Maintenance

  constructor(log: (message: string, details: object) => void) {
    const current = () => this.#maintenance
    this.maintenance = {
      get current() {
        return current()
      },
      enter: (reason) => {
        this.#maintenance = { reason, since: Date.now() }
        log('maintenance begins: not ready', { reason })
      },
      leave: () => {
        if (!this.#maintenance) return
        log('maintenance ends', this.#maintenance)
        this.#maintenance = undefined
      }
    }
  }

  /** Holds readiness back until the returned function is called. */
  hold(name: string): () => void {
    const key = {}
    this.#holds.set(key, name)
    return () => {
      this.#holds.delete(key)
    }
  }

  /** What is still held. */
  get held(): string[] {
    return [...this.#holds.values()]
  }

  /** Whether everything that start-up waits for was done once. Later holds don't undo it. */
  get started(): boolean {
    // Only asked by probes, and those come when every plugin has loaded.
    return (this.#started ||= this.#holds.size === 0)
  }

  get reason(): NotReadyReason | undefined {
    if (this.draining()) return 'draining'
    if (this.#maintenance) return 'maintenance'
    return this.#holds.size > 0 ? 'starting' : undefined
  }
}

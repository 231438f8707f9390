/** Work that must succeed before the service is ready. `signal` is aborted when the app closes. */
export type StartupTask = (signal: AbortSignal) => unknown

/** Why readiness is held back, whatever the checks say. */
export type NotReadyReason = 'starting' | 'held' | 'maintenance' | 'draining'

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
  readonly #holds: Map<object, string> = new Map()
  #serving = false
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
      if (this.#serving) this.serves()
    }
  }

  /** What is still held. */
  get held(): string[] {
    return [...this.#holds.values()]
  }

  /** Says that the app serves, so every plugin has loaded: start-up is over as soon as nothing is held. */
  serves(): void {
    this.#serving = true
    this.#started ||= this.#holds.size === 0
  }

  /** Whether start-up is over. Later holds don't undo it. */
  get started(): boolean {
    return this.#started
  }

  get reason(): NotReadyReason | undefined {
    if (this.draining()) return 'draining'
    if (this.#maintenance) return 'maintenance'
    if (this.#holds.size === 0) return undefined
    return this.#started ? 'held' : 'starting'
  }
}

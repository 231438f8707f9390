import CircuitBreaker from 'opossum'
import type { Clock } from './clock.ts'
import { Permit } from './permit.ts'
import type { CircuitPolicy } from './options-circuit.ts'
import { Ramp } from './ramp.ts'
import { Window } from './window.ts'

export type CircuitState = 'closed' | 'open' | 'half-open' | 'isolated'

export interface CircuitHost {
  readonly clock: Clock
  readonly random: () => number
  changed(state: CircuitState, circuit: Circuit): void
}

// We look at the clock when a call arrives. opossum's own timer must not fire before that, and is cleared on close.
const NEVER = 2 ** 31 - 1
const pass = (permit: Permit): Permit => permit

/** opossum decides when to open. This shell decides whom to let through, and what counts. */
export class Circuit {
  readonly #engine: CircuitBreaker<[Permit]>
  readonly #window: Window
  readonly #policy: CircuitPolicy
  readonly #host: CircuitHost
  readonly #ramp: Ramp
  #generation = 0
  #openings = 0
  #openUntil = 0
  #probing = false
  #consecutive = 0
  /** The last failure, as cause of the errors while open. */
  lastFailure: unknown

  /** '' where the breaker has no keys. */
  readonly key: string

  constructor(policy: CircuitPolicy, host: CircuitHost, key = '') {
    this.key = key
    this.#policy = policy
    this.#host = host
    this.#window = new Window(host.clock, policy.rollingCountTimeout)
    this.#ramp = new Ramp(policy.ramp)
    const byRatio = policy.strategy === 'ratio' && policy.consecutive === undefined
    // A fresh object: opossum writes into it.
    this.#engine = new CircuitBreaker<[Permit]>(pass as never, {
      timeout: false,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
      volumeThreshold: byRatio ? policy.volumeThreshold : Number.MAX_SAFE_INTEGER,
      // opossum opens above the percentage: with 100 it never would.
      errorThresholdPercentage: policy.errorThresholdPercentage - 1e-9,
      resetTimeout: NEVER,
      status: this.#window as never
    })
    this.#engine.on('open', () => this.#opened())
  }

  get state(): CircuitState {
    if (!this.#engine.opened) return 'closed'
    return this.#probing ? 'half-open' : 'open'
  }

  get stats(): Window['stats'] {
    return this.#window.stats
  }

  get ramping(): boolean {
    return this.#ramp.active
  }

  /** Whole seconds until a call has a chance. */
  get retryAfter(): number {
    const remaining = this.#engine.opened ? this.#openUntil - this.#host.clock.now() : 0
    return Math.max(1, Math.floor(remaining / 1000))
  }

  /** Lets a call through, or not: undefined. */
  admit(): Permit | undefined {
    if (this.#engine.opened) return this.#admitProbe()
    if (this.#policy.strategy === 'adaptive' && this.#throttles()) return undefined
    if (this.#ramp.active && !this.#ramp.enter()) return undefined

    const permit = new Permit(this, this.#generation, false)
    permit.fired = this.#engine.fire(permit)
    return permit
  }

  /** A permit whose outcome leaves no trace, for calls that pass although the circuit would not let them. */
  unguarded(): Permit {
    return new Permit(this, -1, false)
  }

  /** Whether a call would be turned away now. Takes nothing. */
  get rejects(): boolean {
    return this.#engine.opened && (this.#probing || this.#host.clock.now() < this.#openUntil)
  }

  #admitProbe(): Permit | undefined {
    if (this.#probing || this.#host.clock.now() < this.#openUntil) return undefined
    this.#probing = true
    this.#host.changed('half-open', this)
    return new Permit(this, this.#generation, true)
  }

  /** Google's client-side throttling: turn away as many as the service lately refused. */
  #throttles(): boolean {
    const { fires, successes, rejects } = this.#window.stats
    const requests = fires + rejects
    if (requests < this.#policy.volumeThreshold) return false
    const chance = (requests - 2 * successes) / (requests + 1)
    if (this.#host.random() >= chance) return false
    this.#window.reject()
    return true
  }

  succeeded(permit: Permit, duration: number): void {
    if (permit.generation !== this.#generation) return
    if (permit.probe) return this.#recovered()

    this.#consecutive = 0
    permit.countSuccess()
    if (this.#ramp.active && this.#ramp.succeeded()) this.#openings = 0
    this.#noteSlow(duration)
  }

  failed(permit: Permit, error: unknown, duration: number): void {
    if (permit.generation !== this.#generation) return
    this.lastFailure = error
    if (permit.probe) return this.#opened()

    this.#consecutive++
    permit.countFailure(error)
    if (this.#engine.opened) return
    this.#noteSlow(duration)
    if (this.#engine.opened) return
    const { consecutive, errorThresholdPercentage } = this.#policy
    const tooMany = consecutive !== undefined && this.#consecutive >= consecutive
    if (tooMany || (this.#ramp.active && this.#ramp.failed(errorThresholdPercentage))) this.#engine.open()
  }

  ignored(permit: Permit): void {
    if (permit.generation !== this.#generation) return
    // The next call finds out instead.
    if (permit.probe) {
      this.#probing = false
      this.#host.changed('open', this)
    } else if (this.#ramp.active) this.#ramp.left()
  }

  #noteSlow(duration: number): void {
    const { slowCall, slowCallThresholdPercentage, volumeThreshold, strategy } = this.#policy
    if (slowCall === undefined || duration < slowCall || strategy !== 'ratio') return
    this.#window.slow()
    const { fires, slow } = this.#window.stats
    if (fires >= volumeThreshold && (slow / fires) * 100 >= slowCallThresholdPercentage) this.#engine.open()
  }

  #opened(): void {
    const { resetTimeout, maxResetTimeout } = this.#policy
    this.#generation++
    this.#probing = false
    this.#consecutive = 0
    this.#ramp.stop()
    const grown = Math.min(resetTimeout * 2 ** Math.min(this.#openings++, 30), maxResetTimeout)
    // Up to a tenth more or less, so that a fleet doesn't come back at once.
    const varied = Math.min(grown * (0.9 + 0.2 * this.#host.random()), maxResetTimeout)
    this.#openUntil = this.#host.clock.now() + varied
    this.#host.changed('open', this)
  }

  #recovered(): void {
    this.#generation++
    this.#probing = false
    this.#ramp.start()
    if (!this.#ramp.active) this.#openings = 0
    this.#engine.close()
    this.#host.changed('closed', this)
  }

  /** Clears opossum's timer. Not its `shutdown`: calls may still be on their way to this circuit. */
  retire(): void {
    this.#engine.close()
  }
}

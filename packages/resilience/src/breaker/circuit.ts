import type { Clock } from '../clock.ts'
import type { Engine } from '../internals.ts'
import type { CircuitPolicy } from './circuit-options.ts'
import { Permit } from './permit.ts'
import { Ramp } from './ramp.ts'
import { REJECTS, SLOW, SUCCESSES, Window } from './window.ts'

export type CircuitState = 'closed' | 'open' | 'half-open' | 'isolated'

export interface CircuitHost {
  readonly clock: Clock
  readonly random: () => number
  readonly engine: Engine
  changed(state: CircuitState, circuit: Circuit): void
}

/** opossum decides when to open. This shell decides whom to let through, and what counts. */
export class Circuit {
  readonly #window: Window
  readonly #policy: CircuitPolicy
  readonly #host: CircuitHost
  /** While the service comes back. */
  #ramp: Ramp | undefined
  #open = false
  #generation = 0
  #openings = 0
  #openUntil = 0
  #probing = false
  #consecutive = 0
  /** The last failure, as cause of the errors where calls are turned away. */
  lastFailure: unknown

  /** '' where the breaker has no keys. */
  readonly key: string

  constructor(policy: CircuitPolicy, host: CircuitHost, key = '') {
    this.key = key
    this.#policy = policy
    this.#host = host
    this.#window = new Window(policy.rollingCountTimeout, host.clock.now())
  }

  get state(): CircuitState {
    if (!this.#open) return 'closed'
    return this.#probing ? 'half-open' : 'open'
  }

  /** Whole seconds until a call has a chance. */
  get retryAfter(): number {
    const remaining = this.#open ? this.#openUntil - this.#host.clock.now() : 0
    return Math.max(1, Math.floor(remaining / 1000))
  }

  /** Lets a call through, or not: undefined. */
  admit(now: number): Permit | undefined {
    if (this.#open) return this.#admitProbe(now)
    if (this.#policy.strategy === 'adaptive' && this.#throttles(now)) return undefined
    if (this.#ramp && !this.#ramp.enter()) return undefined
    return new Permit(this, this.#generation, false)
  }

  /** A permit whose outcome leaves no trace, for calls that pass although the circuit would not let them. */
  unguarded(): Permit {
    return new Permit(this, -1, false)
  }

  /** Whether a call would be turned away. Takes nothing. */
  rejects(now: number): boolean {
    return this.#open && (this.#probing || now < this.#openUntil)
  }

  #admitProbe(now: number): Permit | undefined {
    if (this.rejects(now)) return undefined
    this.#probing = true
    this.#host.changed('half-open', this)
    return new Permit(this, this.#generation, true)
  }

  /** Google's client-side throttling: turn away as many as the service lately refused. */
  #throttles(now: number): boolean {
    const { fires, successes, rejects } = this.#window.stats(now)
    const requests = fires + rejects
    if (requests < this.#policy.volumeThreshold) return false
    const chance = (requests - 2 * successes) / (requests + 1)
    if (this.#host.random() >= chance) return false
    this.#window.add(REJECTS, now)
    return true
  }

  succeeded(permit: Permit, duration: number, now: number): void {
    if (permit.generation !== this.#generation) return
    if (permit.probe) return this.#recovered()

    this.#consecutive = 0
    this.#window.add(SUCCESSES, now)
    if (this.#ramp?.succeeded()) this.#isBack()
    this.#noteSlow(duration, now)
  }

  failed(permit: Permit, error: unknown, duration: number, now: number): void {
    if (permit.generation !== this.#generation) return
    this.lastFailure = error
    if (permit.probe) return this.#opened()

    this.#consecutive++
    if (this.#host.engine.opens(this.#window, error, now)) return this.#opened()
    this.#noteSlow(duration, now)
    if (this.#open) return
    const { consecutive, errorThresholdPercentage, strategy } = this.#policy
    const tooMany = consecutive !== undefined && this.#consecutive >= consecutive
    if (tooMany || this.#ramp?.failed(errorThresholdPercentage)) this.#opened()
    // Nothing is turned away because of it, and an idle circuit must not keep it.
    else if (!this.#ramp && strategy === 'ratio') this.lastFailure = undefined
  }

  /** A call that has succeeded turns out to have failed. */
  failedLater(permit: Permit, error: unknown, now: number): void {
    if (permit.generation !== this.#generation) return
    this.lastFailure = error
    this.#window.takeBack(SUCCESSES, now)
    if (this.#host.engine.opens(this.#window, error, now)) this.#opened()
  }

  ignored(permit: Permit): void {
    if (permit.generation !== this.#generation) return
    // The next call finds out instead.
    if (permit.probe) {
      this.#probing = false
      this.#host.changed('open', this)
    } else this.#ramp?.left()
  }

  #noteSlow(duration: number, now: number): void {
    const { slowCall, slowCallThresholdPercentage, volumeThreshold, strategy } = this.#policy
    if (slowCall === undefined || duration < slowCall || strategy !== 'ratio') return
    this.#window.add(SLOW, now)
    const { fires, slow } = this.#window.stats(now)
    if (fires >= volumeThreshold && (slow / fires) * 100 >= slowCallThresholdPercentage) this.#opened()
  }

  #opened(): void {
    const { resetTimeout, maxResetTimeout } = this.#policy
    this.#open = true
    this.#generation++
    this.#probing = false
    this.#consecutive = 0
    this.#ramp = undefined
    const grown = Math.min(resetTimeout * 2 ** Math.min(this.#openings++, 30), maxResetTimeout)
    // Up to a tenth more or less, so that a fleet doesn't come back at once.
    const varied = Math.min(grown * (0.9 + 0.2 * this.#host.random()), maxResetTimeout)
    this.#openUntil = this.#host.clock.now() + varied
    this.#host.changed('open', this)
  }

  #recovered(): void {
    this.#open = false
    this.#generation++
    this.#probing = false
    this.#window.clear()
    if (this.#policy.ramp >= 2) this.#ramp = new Ramp(this.#policy.ramp)
    else this.#isBack()
    this.#host.changed('closed', this)
  }

  #isBack(): void {
    this.#ramp = undefined
    this.#openings = 0
    this.lastFailure = undefined
  }
}

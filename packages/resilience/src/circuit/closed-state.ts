import type { CircuitStateMembers, CircuitTransitions, Opening } from './circuit-state.ts'
import { reachesFailureRate } from './failure-rate.ts'
import { Permit } from './permit.ts'
import { probeLimit } from './probe-limit.ts'
import { Ramp } from './ramp.ts'
import type { StateChangeReason } from './state-changes.ts'
import { FAILURES, REJECTS, SLOW, SUCCESSES, Window } from './window.ts'

/** Calls are admitted and counted. After an outage the number of concurrent calls is limited at first. */
export class ClosedState implements CircuitStateMembers {
  readonly #circuit: CircuitTransitions
  readonly #window: Window
  #consecutiveFailures = 0
  /** Successes that can no longer turn into failures. */
  #finalSuccesses = 0
  /** While the service recovers. */
  #ramp: Ramp | undefined
  /** Until it has recovered, the circuit stays open longer each time. */
  #openings = 0
  failure: unknown

  /** @param opening - The outage from which the service recovers. */
  constructor(circuit: CircuitTransitions, opening?: Opening) {
    const { policy, host } = circuit
    this.#circuit = circuit
    this.#window = new Window(policy.rollingCountTimeout, host.clock.now())
    if (opening && policy.ramp >= 2) {
      this.#ramp = new Ramp(policy.ramp, probeLimit(policy), host.clock.now())
      this.#openings = opening.count
      this.failure = opening.failure
    }
  }

  get name(): 'closed' {
    return 'closed'
  }

  admit(now: number): Permit | undefined {
    if (this.#circuit.policy.strategy === 'adaptive' && this.#throttles(now)) return undefined
    if (this.#ramp && !this.#ramp.enter(now)) return undefined
    return new Permit(this, false)
  }

  rejects(): boolean {
    return false
  }

  succeed(permit: Permit, duration: number, now: number, isFinal: boolean): void {
    if (!this.#circuit.isCurrent(this)) return
    permit.failuresBefore = this.#consecutiveFailures
    permit.successesBefore = this.#finalSuccesses
    this.#consecutiveFailures = 0
    if (isFinal) this.#finalSuccesses++
    this.#window.add(SUCCESSES, now)
    if (this.#ramp?.succeed(now)) this.#endRamp()
    if (this.#tooManySlow(duration, now)) this.#open(this.failure, 'slow-calls')
  }

  confirm(): void {
    this.#finalSuccesses++
  }

  fail(error: unknown, duration: number, now: number): void {
    if (!this.#circuit.isCurrent(this)) return
    this.#consecutiveFailures++
    const reason = this.#reasonToOpen(duration, now)
    if (reason) this.#open(error, reason)
    else this.#remember(error)
  }

  failLate(permit: Permit, error: unknown, now: number): void {
    if (!this.#circuit.isCurrent(this)) return
    this.#window.subtract(SUCCESSES, now)
    // The success had ended a row of failures. It goes on, unless another success has ended it too.
    if (permit.successesBefore === this.#finalSuccesses) this.#consecutiveFailures += permit.failuresBefore
    this.#consecutiveFailures++
    const { policy } = this.#circuit
    const hasRampFailed = this.#ramp?.failLate(policy.errorThresholdPercentage)
    this.#window.add(FAILURES, now)
    const isByRate = reachesFailureRate(policy, this.#window, now)
    const reason = isByRate ? 'failure-rate' : this.#reasonBesideRate(hasRampFailed)
    if (reason) this.#open(error, reason)
    else this.#remember(error)
  }

  release(isProvisional: boolean): void {
    // After a success that was not final, the ramp has its slot back.
    if (!isProvisional && this.#circuit.isCurrent(this)) this.#ramp?.ignore(this.#circuit.host.clock.now())
  }

  detach(): boolean {
    return false
  }

  // It detaches no call.
  succeedDetached(): void {}
  releaseDetached(): void {}

  #reasonToOpen(duration: number, now: number): StateChangeReason | undefined {
    const { policy } = this.#circuit
    const hasRampFailed = this.#ramp?.fail(policy.errorThresholdPercentage, now)
    this.#window.add(FAILURES, now)
    if (reachesFailureRate(policy, this.#window, now)) return 'failure-rate'
    return this.#tooManySlow(duration, now) ? 'slow-calls' : this.#reasonBesideRate(hasRampFailed)
  }

  #reasonBesideRate(hasRampFailed = false): StateChangeReason | undefined {
    const { consecutive } = this.#circuit.policy
    if (consecutive !== undefined && this.#consecutiveFailures >= consecutive) return 'consecutive-failures'
    return hasRampFailed ? 'recovery-failed' : undefined
  }

  /** Google's client-side throttling: rejects as large a share of the calls as lately failed. */
  #throttles(now: number): boolean {
    const { policy, host } = this.#circuit
    const { fires, successes, rejects } = this.#window.stats(now)
    const requests = fires + rejects
    if (requests < policy.volumeThreshold) return false
    const probability = (requests - 2 * successes) / (requests + 1)
    if (host.random() >= probability) return false
    this.#window.add(REJECTS, now)
    return true
  }

  #tooManySlow(duration: number, now: number): boolean {
    const { slowCall, slowCallThresholdPercentage, volumeThreshold, strategy } = this.#circuit.policy
    if (slowCall === undefined || duration < slowCall || strategy !== 'ratio') return false
    this.#window.add(SLOW, now)
    const { fires, slow } = this.#window.stats(now)
    return fires >= volumeThreshold && (slow / fires) * 100 >= slowCallThresholdPercentage
  }

  /** Only where calls may be rejected because of it: an idle circuit must not keep errors in memory. */
  #remember(error: unknown): void {
    if (this.#ramp || this.#circuit.policy.strategy === 'adaptive') this.failure = error
  }

  #open(failure: unknown, reason: StateChangeReason): void {
    this.#circuit.open(failure, this.#openings, reason)
  }

  #endRamp(): void {
    this.#ramp = undefined
    this.#openings = 0
    this.failure = undefined
  }
}

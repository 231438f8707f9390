import type { Tracer } from '@seaworthy/contract'
import type { Call } from '../call/call.ts'
import { BreakerOpenError, BulkheadFullError } from '../errors/call-errors.ts'
import { Attempt } from './attempt.ts'
import type { BreakerContext } from './breaker-context.ts'
import { BreakersByKey, type BreakerEntry, createEntry } from './breakers-by-key.ts'
import type { Circuit } from '../circuit/circuit.ts'
import type { Isolation } from './isolation.ts'
import { type Permit, uncountedPermit } from '../circuit/permit.ts'

/** The innermost strategies of each attempt: isolation, bulkhead, breaker, timeout. */
export class AttemptRunner<Args extends unknown[], T> {
  readonly #context: BreakerContext<Args, T>
  readonly #isolation: Isolation
  /** For a breaker with keys. */
  readonly #byKey: BreakersByKey | undefined
  /** For a breaker without keys. */
  readonly #single: BreakerEntry | undefined

  constructor(context: BreakerContext<Args, T>, isolation: Isolation) {
    this.#context = context
    this.#isolation = isolation
    const { policy, clock } = context
    if (policy.key) this.#byKey = new BreakersByKey(policy, context)
    else this.#single = createEntry(policy, context, clock.now())
  }

  circuits(): Circuit[] {
    return this.#byKey?.circuits() ?? [this.#single!.circuit]
  }

  /** May throw what the function `key` throws. */
  run(call: Call<Args>): Promise<T> {
    const { policy, clock } = this.#context
    if (this.#isolation.isActive) return this.#reject(policy.resetTimeout / 1000)
    // The first attempt starts with the call.
    const now = call.attempts === 0 ? call.startedAt : clock.now()
    const entry = this.#single ?? this.#byKey!.get(policy.key!(...call.args), now)
    return entry.bulkhead ? this.#enterBulkhead(call, entry, now) : this.#attempt(call, entry.circuit, now)
  }

  #enterBulkhead(call: Call<Args>, { circuit, bulkhead }: BreakerEntry, now: number): Promise<T> {
    const { mode, clock } = this.#context
    // While the circuit is open, no call needs to wait for a slot.
    if (circuit.rejects(now) && mode.current === 'enforce') return this.#rejectOpen(circuit)
    if (bulkhead!.tryEnter()) return this.#attempt(call, circuit, now, bulkhead)
    return bulkhead!.enter(call).then(
      () => this.#attempt(call, circuit, clock.now(), bulkhead),
      (error: unknown) => {
        this.#context.count(error instanceof BulkheadFullError ? 'full' : 'canceled', 0)
        throw error
      }
    )
  }

  #attempt(call: Call<Args>, circuit: Circuit, now: number, bulkhead?: BreakerEntry['bulkhead']): Promise<T> {
    const permit = this.#permit(circuit, now)
    if (!permit) {
      bulkhead?.leave(0, true)
      return this.#rejectOpen(circuit)
    }
    const releaseSlot =
      bulkhead && ((duration: number, succeeded: boolean) => bulkhead.leave(duration, succeeded))
    const attempt = new Attempt(this.#context, call, permit, releaseSlot, now)
    const { tracer } = this.#context.host
    return tracer === undefined ? attempt.run() : this.#inSpan(tracer, attempt)
  }

  #inSpan(tracer: Tracer, attempt: Attempt<Args, T>): Promise<T> {
    const { name } = this.#context
    const attributes = {
      'breaker.name': name,
      'breaker.attempt': attempt.attempt,
      'breaker.probe': attempt.isProbe
    }
    return tracer.inSpan(`breaker ${name}`, attributes, () => attempt.run())
  }

  #permit(circuit: Circuit, now: number): Permit | undefined {
    const mode = this.#context.mode.current
    if (mode === 'off') return uncountedPermit()
    const permit = circuit.admit(now)
    if (permit || mode === 'enforce') return permit
    this.#context.count('observed', 0)
    return uncountedPermit()
  }

  #rejectOpen(circuit: Circuit): Promise<never> {
    return this.#reject(circuit.retryAfter, circuit.failure)
  }

  #reject(retryAfter: number, cause?: unknown): Promise<never> {
    this.#context.count('rejected', 0)
    return Promise.reject(new BreakerOpenError(retryAfter, cause))
  }
}

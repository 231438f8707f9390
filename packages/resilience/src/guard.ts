import type { FastifyRequest } from 'fastify'
import type { Breaker, BreakerHost, BreakerSnapshot, Detailed, Switch } from './breaker-types.ts'
import { Call, type CallContext, type Run } from './call.ts'
import type { Circuit, CircuitHost, CircuitState } from './circuit.ts'
import type { Clock } from './clock.ts'
import { type Compartment, Compartments } from './compartments.ts'
import { type Abortable, deadlineOf } from './deadline.ts'
import { BreakerOpenError, BulkheadFullError, ClosedError } from './errors.ts'
import { type Fault, Faults } from './faults.ts'
import { type CallOutcome, Instruments, type Stateful } from './instruments.ts'
import { Attempt, type AttemptHost } from './layers/attempt.ts'
import { Budget } from './layers/budget.ts'
import { coalescing } from './layers/coalesce.ts'
import { degrading } from './layers/degrade.ts'
import { hedging } from './layers/hedge.ts'
import { LastGood } from './layers/last-good.ts'
import { retrying, type RetryHost } from './layers/retry.ts'
import { markDegraded } from './degraded.ts'
import type { BreakerPolicy } from './options-breaker.ts'

const noRetryBudget = { budget: 0.2, floor: 10 }

/** The layers around a function, in their one order. */
export class Guard<Args extends unknown[], T>
  implements AttemptHost<Args, T>, CircuitHost, RetryHost, Stateful
{
  readonly name: string
  readonly policy: BreakerPolicy<Args, T>
  readonly fn: (context: CallContext, ...args: Args) => T | Promise<T>
  readonly clock: Clock
  readonly random: () => number
  readonly inFlight: Set<Abortable>
  readonly instruments: Instruments = new Instruments()
  readonly #host: BreakerHost
  readonly #compartments: Compartments
  readonly #only: Compartment | undefined
  readonly #run: Run<Args, T>
  readonly #faults: Faults = new Faults()
  #isolations = 0

  constructor(
    name: string,
    fn: (context: CallContext, ...args: Args) => T | Promise<T>,
    policy: BreakerPolicy<Args, T>,
    host: BreakerHost
  ) {
    this.name = name
    this.policy = policy
    this.clock = host.clock
    this.random = host.random
    this.inFlight = host.inFlight
    this.#host = host
    this.fn = host.faults ? this.#faults.around(fn, host.clock) : fn
    this.#compartments = new Compartments(policy, this)
    this.#only = policy.key ? undefined : this.#compartments.of('')
    this.#run = this.#layers()
  }

  /** Fallback and last good value, coalescing, retries, hedging; then, per try, breaker, bulkhead and timeout. */
  #layers(): Run<Args, T> {
    const { retry, hedge, coalesce, fallback, lastGood, totalTimeout } = this.policy
    const budget = new Budget(retry ?? noRetryBudget, this.clock)
    let run: Run<Args, T> = (call) => this.#try(call)
    if (hedge) run = hedging(run, hedge, budget, this)
    if (retry) run = retrying(run, retry, budget, this)
    if (coalesce) run = coalescing(run, coalesce, totalTimeout, this)
    if (!fallback && !lastGood) return run
    return degrading(run, {
      fallback,
      lastGood: lastGood && new LastGood<Args, T>(lastGood, this.clock),
      on: this.policy.fallbackOn,
      timeout: this.policy.fallbackTimeout,
      log: this.#host.log,
      degraded: (call) => {
        this.instruments.countDegraded()
        markDegraded(call.request, this.name)
      }
    })
  }

  call(request: FastifyRequest | null | undefined, args: Args): Promise<T> {
    return this.#host.closed ? Promise.reject(new ClosedError()) : this.#run(this.#begin(request, args))
  }

  async detailed(request: FastifyRequest | null | undefined, args: Args): Promise<Detailed<T>> {
    if (this.#host.closed) throw new ClosedError()
    const call = this.#begin(request, args)
    const value = await this.#run(call)
    const { source, attempts, error } = call
    const result: Detailed<T> = { value, degraded: source !== 'call', source, attempts }
    return error === undefined ? result : Object.defineProperty(result, 'error', { value: error })
  }

  #begin(request: FastifyRequest | null | undefined, args: Args): Call<Args> {
    const end = this.clock.now() + this.policy.totalTimeout
    return new Call(request ?? null, args, deadlineOf(request), end)
  }

  #try(call: Call<Args>): Promise<T> {
    if (this.#isolations > 0) return this.#refused(this.policy.resetTimeout / 1000)
    const compartment = this.#only ?? this.#compartments.of(this.policy.key!(...call.args))
    return compartment.bulkhead
      ? this.#throughBulkhead(call, compartment)
      : this.#fire(call, compartment.circuit)
  }

  #throughBulkhead(call: Call<Args>, { circuit, bulkhead }: Compartment): Promise<T> {
    // While it is open nobody needs to wait for a place.
    if (circuit.rejects && this.policy.mode === 'enforce') return this.#rejected(circuit)
    if (bulkhead!.tryEnter()) return this.#fire(call, circuit, bulkhead)
    return bulkhead!.enter(call as Call<unknown[]>, this.inFlight).then(
      () => this.#fire(call, circuit, bulkhead),
      (error: unknown) => {
        this.count(error instanceof BulkheadFullError ? 'full' : 'canceled', 0)
        throw error
      }
    )
  }

  #fire(call: Call<Args>, circuit: Circuit, bulkhead?: Compartment['bulkhead']): Promise<T> {
    const { mode } = this.policy
    let permit = mode === 'off' ? circuit.unguarded() : circuit.admit()
    if (!permit && mode === 'observe') {
      this.count('observed', 0)
      permit = circuit.unguarded()
    }
    if (!permit) {
      bulkhead?.leave(0, true)
      return this.#rejected(circuit)
    }
    const release = bulkhead && ((duration: number, ok: boolean) => bulkhead.leave(duration, ok))
    return new Attempt(this, call, permit, release).run()
  }

  #rejected(circuit: Circuit): Promise<never> {
    return this.#refused(circuit.retryAfter, circuit.lastFailure)
  }

  #refused(retryAfter: number, cause?: unknown): Promise<never> {
    this.count('rejected', 0)
    return Promise.reject(new BreakerOpenError(Math.max(1, Math.floor(retryAfter)), cause))
  }

  count(outcome: CallOutcome, duration: number): void {
    this.instruments.count(outcome, duration)
  }

  retried(): void {
    this.instruments.countRetry()
  }

  repeatable(args: unknown[]): boolean {
    return this.policy.idempotent?.(...(args as Args)) ?? true
  }

  hedgeable(args: unknown[]): boolean {
    return this.policy.hedgeable?.(...(args as Args)) ?? this.repeatable(args)
  }

  changed(state: CircuitState, { key, lastFailure, retryAfter }: Circuit): void {
    const { log } = this.#host
    const about = { breaker: this.name, ...(key === '' ? {} : { key }) }
    if (state === 'open') log.warn({ ...about, err: lastFailure, retryAfter }, 'breaker open')
    else log.info(about, `breaker ${state}`)
  }

  get state(): CircuitState {
    if (this.#isolations > 0) return 'isolated'
    if (this.#only) return this.#only.circuit.state
    const { open, 'half-open': halfOpen } = this.#compartments.states()
    return open > 0 ? 'open' : halfOpen > 0 ? 'half-open' : 'closed'
  }

  states(): Record<CircuitState, number> {
    const counts = this.#compartments.states()
    if (this.#isolations === 0) return counts
    return { closed: 0, open: 0, 'half-open': 0, isolated: this.#compartments.size }
  }

  isolate(): Switch {
    if (this.#isolations++ === 0) this.#host.log.warn({ breaker: this.name }, 'breaker isolated')
    return once(() => {
      if (this.#isolations > 0 && --this.#isolations === 0) this.#released()
    })
  }

  releaseAll(): void {
    if (this.#isolations === 0) return
    this.#isolations = 0
    this.#released()
  }

  #released(): void {
    this.#host.log.info({ breaker: this.name }, 'breaker released')
  }

  inject(fault: Fault): Switch {
    if (!this.#host.faults) throw new Error('resilience: faults need the option "faults": true')
    return once(this.#faults.inject(fault))
  }

  snapshot(): BreakerSnapshot {
    const { counts, degraded, retries } = this.instruments
    const about = { name: this.name, state: this.state, size: this.#compartments.size }
    const numbers = { counts: { ...counts }, degraded, retries }
    if (this.#only) return { ...about, ...numbers }
    const keys: Record<string, CircuitState> = {}
    for (const [key, { circuit }] of this.#compartments.entries()) {
      if (circuit.state !== 'closed') keys[key] = circuit.state
    }
    return { ...about, keys, ...numbers }
  }

  retire(): void {
    this.#compartments.retire()
  }
}

/** A switch whose first release counts. */
function once(release: () => void): Switch {
  let done = false
  const put = (): void => {
    if (done) return
    done = true
    release()
  }
  return { release: put, [Symbol.dispose]: put }
}

/** What a user sees of a guard. */
export function breakerOf<Args extends unknown[], T>(guard: Guard<Args, T>): Breaker<Args, T> {
  return {
    name: guard.name,
    get state() {
      return guard.state
    },
    call: (request, ...args) => guard.call(request, args),
    detailed: (request, ...args) => guard.detailed(request, args),
    isolate: () => guard.isolate(),
    release: () => guard.releaseAll(),
    inject: (fault) => guard.inject(fault),
    snapshot: () => guard.snapshot()
  }
}

import type { FastifyRequest } from 'fastify'
import type { BreakerHost, BreakerSnapshot, Detailed, Switch } from './types.ts'
import { Call, type Run, type TryContext } from '../call/call.ts'
import type { Circuit, CircuitHost, CircuitState } from './circuit.ts'
import type { Clock } from '../clock.ts'
import { type Compartment, compartment, Compartments, statesOf } from './breakers-by-key.ts'
import { deadlineOf } from '../deadline/deadline.ts'
import { Engine } from '../internals.ts'
import { BreakerOpenError, BulkheadFullError, ClosedError } from '../errors.ts'
import { type Fault, Faults } from './faults.ts'
import type { InFlight } from '../abortable.ts'
import { type CallOutcome, Instruments, type Stateful } from './metrics.ts'
import { Attempt, type AttemptHost } from './attempt.ts'
import { Budget } from '../strategies/retry-budget.ts'
import { coalescing } from '../strategies/coalesce.ts'
import { degrading } from '../strategies/fallback.ts'
import { hedging } from '../strategies/hedge.ts'
import { LastGood } from '../strategies/last-good.ts'
import { retrying, type RetryHost } from '../strategies/retry.ts'
import { markDegraded } from '../strategies/degraded.ts'
import type { BreakerPolicy } from './options.ts'
import { once } from './release-switch.ts'

const noRetryBudget = { budget: 0.2, floor: 10 }

/** The layers around a function, in their one order. */
export class Guard<Args extends unknown[], T>
  implements AttemptHost<Args, T>, CircuitHost, RetryHost, Stateful
{
  readonly name: string
  readonly policy: BreakerPolicy<Args, T>
  readonly fn: (context: TryContext, ...args: Args) => T | Promise<T>
  readonly clock: Clock
  readonly random: () => number
  readonly inFlight: InFlight
  readonly instruments: Instruments = new Instruments()
  readonly #host: BreakerHost
  /** Where it has keys. */
  readonly #compartments: Compartments | undefined
  /** Where it has none. */
  readonly #only: Compartment | undefined
  readonly #run: Run<Args, T>
  readonly #faults: Faults | undefined
  #engine: Engine | undefined
  #isolations = 0

  constructor(
    name: string,
    fn: (context: TryContext, ...args: Args) => T | Promise<T>,
    policy: BreakerPolicy<Args, T>,
    host: BreakerHost
  ) {
    this.name = name
    this.policy = policy
    this.clock = host.clock
    this.random = host.random
    this.inFlight = host.inFlight
    this.#host = host
    this.#faults = host.faults ? new Faults() : undefined
    this.fn = this.#faults?.around(fn, host.clock) ?? fn
    if (policy.key) this.#compartments = new Compartments(policy, this)
    else this.#only = compartment(policy, this, host.clock.now())
    this.#run = this.#layers()
  }

  /** Fallback and last good value, coalescing, retries, hedging; then, per try, breaker, bulkhead and timeout. */
  #layers(): Run<Args, T> {
    const { retry, hedge, coalesce, fallback, lastGood, totalTimeout } = this.policy
    let run: Run<Args, T> = (call) => this.#try(call)
    if (hedge || retry) {
      const budget = new Budget(retry ?? noRetryBudget, this.clock)
      if (hedge) run = hedging(run, hedge, budget, this)
      if (retry) run = retrying(run, retry, budget, this)
    }
    if (coalesce) run = coalescing(run, coalesce, totalTimeout, this)
    if (!fallback && !lastGood) return run
    return degrading(run, {
      fallback,
      lastGood: lastGood && new LastGood<Args, T>(lastGood, this.clock),
      on: this.policy.fallbackOn,
      timeout: this.policy.fallbackTimeout,
      clock: this.clock,
      inFlight: this.inFlight,
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
    const now = this.clock.now()
    return new Call(request ?? null, args, deadlineOf(request), now, now + this.policy.totalTimeout)
  }

  #try(call: Call<Args>): Promise<T> {
    if (this.#isolations > 0) return this.#refused(this.policy.resetTimeout / 1000)
    // The first try starts as soon as the call does.
    const now = call.attempts === 0 ? call.startedAt : this.clock.now()
    const found = this.#only ?? this.#compartments!.of(this.policy.key!(...call.args), now)
    return found.bulkhead ? this.#throughBulkhead(call, found, now) : this.#fire(call, found.circuit, now)
  }

  #throughBulkhead(call: Call<Args>, { circuit, bulkhead }: Compartment, now: number): Promise<T> {
    // While it is open nobody needs to wait for a place.
    if (circuit.rejects(now) && this.policy.mode === 'enforce') return this.#rejected(circuit)
    if (bulkhead!.tryEnter()) return this.#fire(call, circuit, now, bulkhead)
    return bulkhead!.enter(call as Call<unknown[]>, this.inFlight).then(
      () => this.#fire(call, circuit, this.clock.now(), bulkhead),
      (error: unknown) => {
        this.count(error instanceof BulkheadFullError ? 'full' : 'canceled', 0)
        throw error
      }
    )
  }

  #fire(call: Call<Args>, circuit: Circuit, now: number, bulkhead?: Compartment['bulkhead']): Promise<T> {
    const { mode } = this.policy
    let permit = mode === 'off' ? circuit.unguarded() : circuit.admit(now)
    if (!permit && mode === 'observe') {
      this.count('observed', 0)
      permit = circuit.unguarded()
    }
    if (!permit) {
      bulkhead?.leave(0, true)
      return this.#rejected(circuit)
    }
    const release = bulkhead && ((duration: number, ok: boolean) => bulkhead.leave(duration, ok))
    return new Attempt(this, call, permit, release, now).run()
  }

  #rejected(circuit: Circuit): Promise<never> {
    return this.#refused(circuit.retryAfter, circuit.lastFailure)
  }

  #refused(retryAfter: number, cause?: unknown): Promise<never> {
    this.count('rejected', 0)
    return Promise.reject(new BreakerOpenError(Math.max(1, Math.floor(retryAfter)), cause))
  }

  get engine(): Engine {
    return (this.#engine ??= new Engine(this.policy))
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

  #circuits(): Circuit[] {
    return this.#compartments?.circuits() ?? [this.#only!.circuit]
  }

  get state(): CircuitState {
    if (this.#isolations > 0) return 'isolated'
    const { open, 'half-open': halfOpen } = statesOf(this.#circuits())
    return open > 0 ? 'open' : halfOpen > 0 ? 'half-open' : 'closed'
  }

  states(): Record<CircuitState, number> {
    const circuits = this.#circuits()
    if (this.#isolations === 0) return statesOf(circuits)
    return { closed: 0, open: 0, 'half-open': 0, isolated: circuits.length }
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
    if (!this.#faults) throw new Error('resilience: faults need the option "faults": true')
    return once(this.#faults.inject(fault))
  }

  snapshot(): BreakerSnapshot {
    const { counts, degraded, retries } = this.instruments
    const circuits = this.#circuits()
    const about = { name: this.name, state: this.state, size: circuits.length }
    const numbers = { counts: { ...counts }, degraded, retries }
    if (this.#only) return { ...about, ...numbers }
    const keys: Record<string, CircuitState> = {}
    for (const { key, state } of circuits) if (state !== 'closed') keys[key] = state
    return { ...about, keys, ...numbers }
  }
}

import type { FastifyRequest } from 'fastify'
import { type AttemptContext, Call, type RunCall } from '../call/call.ts'
import { requestCheck } from '../call/check-request.ts'
import { deadlineOf } from '../deadline/request-state.ts'
import { ClosedError } from '../errors/call-errors.ts'
import { withCoalescing } from '../strategies/coalesce.ts'
import { markDegraded } from '../strategies/degraded.ts'
import { withFallback } from '../strategies/fallback.ts'
import { withHedging } from '../strategies/hedge.ts'
import { LastGood } from '../strategies/last-good.ts'
import { retryDefaults } from '../strategies/retry-options.ts'
import { RetryBudget } from '../strategies/retry-budget.ts'
import { withRetries } from '../strategies/retry.ts'
import { AttemptRunner } from './attempt-runner.ts'
import { BreakerContext } from './breaker-context.ts'
import { type Fault, Faults } from './faults.ts'
import type { Health } from './health.ts'
import { createSwitch, Isolation } from './isolation.ts'
import type { CallCounts } from './metrics.ts'
import type { ModeSwitch } from './mode-switch.ts'
import type { BreakerPolicy } from './options.ts'
import type { RegisteredBreaker } from './registered-breaker.ts'
import type { CircuitState, StateChangeListener } from '../circuit/state-changes.ts'
import { countStates, overallState, takeSnapshot } from './status.ts'
import type { BreakerHost, BreakerSnapshot, Detailed, Switch } from './types.ts'

/** The strategies around one guarded function, in their fixed order. */
export class BreakerPipeline<Args extends unknown[], T> implements RegisteredBreaker {
  readonly isolation: Isolation
  readonly #context: BreakerContext<Args, T>
  readonly #attempts: AttemptRunner<Args, T>
  readonly #faults: Faults | undefined
  readonly #run: RunCall<Args, T>
  readonly #checkRequest: (request: unknown) => void

  constructor(
    name: string,
    fn: (context: AttemptContext, ...args: Args) => T | Promise<T>,
    policy: BreakerPolicy<Args, T>,
    host: BreakerHost
  ) {
    this.#faults = host.faults ? new Faults() : undefined
    this.#context = new BreakerContext(name, this.#faults?.wrap(fn, host.clock) ?? fn, policy, host)
    this.isolation = new Isolation((isolated) => {
      const state = overallState(this.#attempts.circuits(), false)
      if (isolated) this.#context.isolationChanged(state, 'isolated')
      else this.#context.isolationChanged('isolated', state)
    })
    this.#attempts = new AttemptRunner(this.#context, this.isolation)
    this.#checkRequest = requestCheck(name, host.log)
    this.#run = this.#compose()
  }

  /** Fallback and last good value, coalescing, retries, hedging; then for each attempt see {@link AttemptRunner}. */
  #compose(): RunCall<Args, T> {
    const context = this.#context
    const { retry, hedge, coalesce, fallback, lastGood, totalTimeout, fallbackOn, fallbackTimeout } =
      context.policy
    let run: RunCall<Args, T> = (call) => this.#attempts.run(call)
    if (hedge || retry) {
      const budget = new RetryBudget(retry ?? retryDefaults, context.clock)
      if (hedge) run = withHedging(run, hedge, budget, context)
      if (retry) run = withRetries(run, retry, budget, context)
    }
    if (coalesce) run = withCoalescing(run, coalesce, totalTimeout, context)
    if (!fallback && !lastGood) return run
    return withFallback(run, {
      breaker: this.name,
      fallback,
      lastGood: lastGood && new LastGood<Args, T>(lastGood, context.clock),
      kinds: fallbackOn,
      timeout: fallbackTimeout,
      clock: context.clock,
      pendingWork: context.pendingWork,
      log: context.host.log,
      onDegraded: (call) => {
        context.counts.countDegraded()
        markDegraded(call.request, this.name)
      }
    })
  }

  get name(): string {
    return this.#context.name
  }

  get policy(): BreakerPolicy<Args, T> {
    return this.#context.policy
  }

  get health(): Health | undefined {
    const { health, mode } = this.policy
    // A breaker that admits all calls takes no service out of traffic.
    return health && mode !== 'enforce' ? { critical: false } : health
  }

  get mode(): ModeSwitch {
    return this.#context.mode
  }

  get counts(): CallCounts {
    return this.#context.counts
  }

  call(request: FastifyRequest | null | undefined, args: Args): Promise<T> {
    if (this.#context.host.isClosed) return Promise.reject(new ClosedError())
    // A function of the options may throw before the call is asynchronous.
    try {
      return this.#run(this.#createCall(request, args))
    } catch (error) {
      return Promise.reject(error)
    }
  }

  async detailed(request: FastifyRequest | null | undefined, args: Args): Promise<Detailed<T>> {
    if (this.#context.host.isClosed) throw new ClosedError()
    const call = this.#createCall(request, args)
    const value = await this.#run(call)
    const { source, attempts, error } = call
    const result: Detailed<T> = { value, degraded: source !== 'call', source, attempts }
    return error === undefined ? result : Object.defineProperty(result, 'error', { value: error })
  }

  #createCall(request: FastifyRequest | null | undefined, args: Args): Call<Args> {
    const { clock, policy } = this.#context
    const now = clock.now()
    const deadline = deadlineOf(request)
    if (deadline === undefined) this.#checkRequest(request)
    return new Call(request ?? null, args, deadline, now, now + policy.totalTimeout)
  }

  get state(): CircuitState {
    return overallState(this.#attempts.circuits(), this.isolation.isActive)
  }

  /** How many circuits are in each state. */
  states(): Record<CircuitState, number> {
    return countStates(this.#attempts.circuits(), this.isolation.isActive)
  }

  onStateChange(listener: StateChangeListener): () => void {
    return this.#context.listeners.add(listener)
  }

  inject(fault: Fault): Switch {
    if (!this.#faults)
      throw new Error('resilience: faults cannot be injected; set the option "faults" to true')
    return createSwitch(this.#faults.inject(fault))
  }

  snapshot(): BreakerSnapshot {
    return takeSnapshot({
      name: this.name,
      circuits: this.#attempts.circuits(),
      isIsolated: this.isolation.isActive,
      hasKeys: this.policy.key !== undefined,
      counts: this.counts,
      lastChange: this.#context.lastChange,
      override: this.mode.override
    })
  }
}

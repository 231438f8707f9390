import { optionChecks } from '@seaworthy/internal'
import type { FastifyRequest } from 'fastify'
import type { AdoptedBreaker, OpossumAdapter } from './adopt/adopted-breaker.ts'
import type { OpossumBreaker } from './adopt/opossum-breaker.ts'
import type { AdoptOptions } from './adopt/options.ts'
import type { BreakerOptions } from './breaker/options.ts'
import type { BreakerPipeline } from './breaker/pipeline.ts'
import type { ModeSwitch } from './breaker/mode-switch.ts'
import { type PolicyOptions, policyKeys, resolvePolicy } from './breaker/policy-options.ts'
import { renamedOptions } from './breaker/renamed-options.ts'
import type { RegisteredBreaker } from './breaker/registered-breaker.ts'
import type { StateChangeListener } from './circuit/state-changes.ts'
import type { Breaker, BreakerHost, BreakerSnapshot } from './breaker/types.ts'
import type { CallContext } from './call/call.ts'
import type { Guardable, GuardedArgs, GuardedResult } from './call/guardable.ts'
import type { FetchHost, FetchOptions, OutgoingCall } from './fetch/fetch.ts'
import { adoption, breakers, calls } from './load.cjs'
import { mergeOptions } from './merge-options.ts'

/**
 * The type of `app.resilience`.
 *
 * @example
 * app.get('/weather', async (request) => {
 *   const response = await app.resilience.fetch(request, 'http://weather.internal', { path: ['today'] })
 *   return response.json()
 * })
 * console.log(app.resilience.list().map(({ name, state }) => `${name}: ${state}`))
 */
export interface Resilience {
  /**
   * Guards a function. Its first argument is the call's context: give its `signal` to what you call. The outcome of a call
   * is that of its promise: where that resolves with a stream, a later failure of the stream does not count. Read it in
   * the function, or use `fetch`, whose bodies count.
   *
   * @throws Error if there is a breaker of that name, RangeError for a wrong option.
   */
  breaker<Fn extends Guardable>(
    name: string,
    fn: Fn,
    options?: BreakerOptions<GuardedArgs<Fn>, GuardedResult<Fn>>
  ): Breaker<GuardedArgs<Fn>, GuardedResult<Fn>>
  /**
   * Adds a named policy, for the option `policy` of breakers and of `fetch`.
   *
   * @throws Error if there is a policy of that name, RangeError for a wrong option.
   */
  policy(name: string, options: PolicyOptions): void
  /**
   * `fetch` with a breaker for each host, timeouts, retries of calls that may be repeated, and the request's deadline.
   * A response with a status from 500 on, 408 or 429 is a failure (502); other responses are results. A body that hangs,
   * is cut off or is not valid JSON counts as a failure when it is read. The URL may be a `Request`, as libraries above
   * fetch pass it; its body is read whole before the call, so that it can be sent again, within the policy's total
   * timeout: a late one is a 504 that no breaker counts.
   */
  fetch(
    request: FastifyRequest | null | undefined,
    url: string | URL | Request,
    options?: FetchOptions
  ): Promise<Response>
  /**
   * Calls the listener after each change of any breaker's state, also of breakers that are created later. Returns a
   * function that removes it. An error of the listener is logged and changes nothing.
   */
  onStateChange(listener: StateChangeListener): () => void
  /**
   * Connects an opossum breaker of the app to metrics, log lines, readiness, the report and the operators' routes, and
   * shuts it down with the app. It decides as before, and the app's calls of `fire` stay as they are. The result's
   * `call(request, …)` also ends at the request's deadline, and rejects with this package's errors.
   *
   * @example
   * const payments = app.resilience.adopt('payments', new CircuitBreaker(pay), { health: { critical: true } })
   * app.post('/pay', (request) => payments.call(request, request.body))
   *
   * @throws Error if there is a breaker of that name, RangeError for a value that is no opossum breaker, for one that was
   * shut down, and for a wrong option.
   */
  adopt<Args extends unknown[], T>(
    name: string,
    breaker: OpossumBreaker<Args, T>,
    options?: AdoptOptions
  ): AdoptedBreaker<Args, T>
  /** The snapshots of all breakers, adopted ones included. */
  list(): BreakerSnapshot[]
  /** The breaker of that name, without the types of its arguments and its result. Not for adopted ones. */
  get(name: string): Breaker | undefined
}

const check = optionChecks('resilience')

export interface RegistryHost extends BreakerHost, FetchHost {
  onStateChange(listener: StateChangeListener): () => void
  breakerCreated(breaker: RegisteredBreaker): void
}

/** The policy of `resilience.fetch`, under the plugin's defaults. */
const fetchDefaults: PolicyOptions = { retry: true }

/** The breakers and policies of one app. */
export class Registry implements Resilience {
  readonly #defaults: PolicyOptions
  readonly #policies: Map<string, PolicyOptions>
  readonly #registered = new Map<string, RegisteredBreaker>()
  readonly #breakers = new Map<string, Breaker>()
  readonly #adopted = new Map<string, OpossumAdapter<never[], unknown>>()
  readonly #fetchPipelines = new Map<string, BreakerPipeline<[OutgoingCall], Response>>()
  readonly #host: RegistryHost

  constructor(defaults: PolicyOptions, policies: Record<string, PolicyOptions>, host: RegistryHost) {
    this.#defaults = defaults
    this.#policies = new Map(Object.entries(policies))
    this.#host = host
  }

  breaker<Fn extends Guardable>(
    name: string,
    guarded: Fn,
    options: BreakerOptions<GuardedArgs<Fn>, GuardedResult<Fn>> = {}
  ): Breaker<GuardedArgs<Fn>, GuardedResult<Fn>> {
    type Args = GuardedArgs<Fn>
    type T = GuardedResult<Fn>
    const fn = guarded as (context: CallContext, ...args: Args) => T | Promise<T>
    this.#checkName(name)
    check.fn(`${name}.fn`, fn)
    const { policy, ...breakerOptions } = options
    const base = mergeOptions(this.#defaults, policy === undefined ? {} : this.#findPolicy(policy))
    const { BreakerPipeline, resolveBreaker } = breakers()
    const resolved = resolveBreaker(name, mergeOptions<BreakerOptions<Args, T>>(base, breakerOptions))
    return this.#add(new BreakerPipeline(name, fn, resolved, this.#host))
  }

  policy(name: string, options: PolicyOptions): void {
    check.string('policy name', name)
    if (this.#policies.has(name)) throw new Error(`resilience: there is a policy "${name}" already`)
    check.keys(name, options, policyKeys, renamedOptions)
    resolvePolicy(`${name}.`, options)
    this.#policies.set(name, options)
  }

  async fetch(
    request: FastifyRequest | null | undefined,
    target: string | URL | Request,
    options: FetchOptions = {}
  ): Promise<Response> {
    const { policy, path, query, allowPrivate = true, keepToLimits = true, ...others } = options
    const { buildUrl, checkInit, isRequest, requestInit, send, untilCallerAborts } = calls()
    checkInit(others)
    const [address, init] = isRequest(target) ? [target.url, requestInit(target, others)] : [target, others]
    const url = buildUrl(address, { ...(path && { path }), ...(query && { query }) })
    const method = (init.method ?? 'GET').toUpperCase()
    check.boolean('fetch.allowPrivate', allowPrivate)
    const call = { url, init, method, isPublic: !allowPrivate, ignoresLimits: !keepToLimits }
    const response = send(target, request, call, this.#fetchPipeline(policy), this.#host)
    return init.signal ? untilCallerAborts(response, init.signal, request) : response
  }

  onStateChange(listener: StateChangeListener): () => void {
    return this.#host.onStateChange(listener)
  }

  adopt<Args extends unknown[], T>(
    name: string,
    breaker: OpossumBreaker<Args, T>,
    options: AdoptOptions = {}
  ): AdoptedBreaker<Args, T> {
    this.#checkName(name)
    const { checkOpossumBreaker, OpossumAdapter, resolveAdoptOptions } = adoption()
    checkOpossumBreaker(name, breaker)
    const adopted = new OpossumAdapter(name, breaker, resolveAdoptOptions(name, options), this.#host)
    this.#adopted.set(name, adopted as unknown as OpossumAdapter<never[], unknown>)
    this.#register(adopted)
    return adopted
  }

  list(): BreakerSnapshot[] {
    return [...this.#registered.values()].map((breaker) => breaker.snapshot())
  }

  get(name: string): Breaker | undefined {
    return this.#breakers.get(name)
  }

  /** The breaker of that name, adopted or not, as operators see it. */
  operable(name: string): Pick<Breaker, 'isolate' | 'release' | 'snapshot'> | undefined {
    return this.#breakers.get(name) ?? this.#adopted.get(name)
  }

  /** The mode of the breaker of that name. `undefined` for an adopted one, whose library decides. */
  modeOf(name: string): ModeSwitch | undefined {
    return this.#registered.get(name)?.mode
  }

  registered(): Iterable<RegisteredBreaker> {
    return this.#registered.values()
  }

  /** The app has closed. */
  close(): void {
    for (const adopted of this.#adopted.values()) adopted.detach()
  }

  #checkName(name: string): void {
    check.string('name', name)
    if (this.#registered.has(name)) throw new Error(`resilience: there is a breaker "${name}" already`)
  }

  #register(breaker: RegisteredBreaker): void {
    this.#registered.set(breaker.name, breaker)
    this.#host.breakerCreated(breaker)
  }

  #findPolicy(name: string): PolicyOptions {
    const policy = this.#policies.get(name)
    if (policy) return policy
    const names = Array.from(this.#policies.keys(), (existing) => `"${existing}"`).join(', ') || 'none'
    throw new Error(`resilience: there is no policy "${name}"; existing policies: ${names}`)
  }

  #fetchPipeline(policy: string | undefined): BreakerPipeline<[OutgoingCall], Response> {
    const name = policy === undefined ? 'fetch' : `fetch:${policy}`
    const existing = this.#fetchPipelines.get(name)
    if (existing) return existing
    const { BreakerPipeline, resolveBreaker } = breakers()
    const { createFetch, fetchPolicy } = calls()
    const base = mergeOptions(fetchDefaults, this.#defaults)
    const options = mergeOptions(base, policy === undefined ? {} : this.#findPolicy(policy))
    const resolved = { ...resolveBreaker<[OutgoingCall], Response>(name, options), ...fetchPolicy }
    const pipeline = new BreakerPipeline(name, createFetch(this.#host), resolved, this.#host)
    this.#fetchPipelines.set(name, pipeline)
    this.#add(pipeline)
    return pipeline
  }

  #add<Args extends unknown[], T>(pipeline: BreakerPipeline<Args, T>): Breaker<Args, T> {
    const breaker = breakers().publicBreaker(pipeline)
    this.#breakers.set(pipeline.name, breaker)
    this.#register(pipeline)
    return breaker
  }
}

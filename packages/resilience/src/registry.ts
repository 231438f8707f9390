import { optionChecks } from '@seaworthy/internal'
import type { FastifyRequest } from 'fastify'
import { type BreakerOptions, resolveBreaker } from './breaker/options.ts'
import { BreakerPipeline } from './breaker/pipeline.ts'
import { type PolicyOptions, policyKeys, resolvePolicy } from './breaker/policy-options.ts'
import { publicBreaker } from './breaker/public-breaker.ts'
import type { StateChangeListener } from './breaker/state-changes.ts'
import type { Breaker, BreakerHost, BreakerSnapshot } from './breaker/types.ts'
import type { CallContext } from './call/call.ts'
import type { Guardable, GuardedArgs, GuardedResult } from './call/guardable.ts'
import {
  createFetch,
  type FetchHost,
  type FetchOptions,
  fetchPolicy,
  type OutgoingCall
} from './fetch/fetch.ts'
import { buildUrl } from './fetch/url.ts'
import { mergeOptions } from './merge-options.ts'

/** The type of `app.resilience`. */
export interface Resilience {
  /**
   * Guards a function. Its first argument is the call's context: give its `signal` to what you call.
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
   * is cut off or is not valid JSON counts as a failure when it is read.
   */
  fetch(
    request: FastifyRequest | null | undefined,
    url: string | URL,
    options?: FetchOptions
  ): Promise<Response>
  /**
   * Calls the listener after each change of any breaker's state, also of breakers that are created later. Returns a
   * function that removes it. An error of the listener is logged and changes nothing.
   */
  onStateChange(listener: StateChangeListener): () => void
  /** The snapshots of all breakers. */
  list(): BreakerSnapshot[]
  /** The breaker of that name, without the types of its arguments and its result. */
  get(name: string): Breaker | undefined
}

const check = optionChecks('resilience')

export type AnyPipeline = BreakerPipeline<unknown[], unknown>

export interface RegistryHost extends BreakerHost, FetchHost {
  onStateChange(listener: StateChangeListener): () => void
  breakerCreated(pipeline: AnyPipeline): void
}

/** The policy of `resilience.fetch`, under the plugin's defaults. */
const fetchDefaults: PolicyOptions = { retry: true }

/** The breakers and policies of one app. */
export class Registry implements Resilience {
  readonly #defaults: PolicyOptions
  readonly #policies: Map<string, PolicyOptions>
  readonly #pipelines = new Map<string, AnyPipeline>()
  readonly #breakers = new Map<string, Breaker>()
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
    check.string('name', name)
    check.fn(`${name}.fn`, fn)
    if (this.#pipelines.has(name)) throw new Error(`resilience: there is a breaker "${name}" already`)
    const { policy, ...breakerOptions } = options
    const base = mergeOptions(this.#defaults, policy === undefined ? {} : this.#findPolicy(policy))
    const resolved = resolveBreaker(name, mergeOptions<BreakerOptions<Args, T>>(base, breakerOptions))
    return this.#add(new BreakerPipeline(name, fn, resolved, this.#host))
  }

  policy(name: string, options: PolicyOptions): void {
    check.string('policy name', name)
    if (this.#policies.has(name)) throw new Error(`resilience: there is a policy "${name}" already`)
    check.keys(name, options, policyKeys)
    resolvePolicy(`${name}.`, options)
    this.#policies.set(name, options)
  }

  async fetch(
    request: FastifyRequest | null | undefined,
    target: string | URL,
    options: FetchOptions = {}
  ): Promise<Response> {
    const { policy, path, query, ...init } = options
    const url = buildUrl(target, { ...(path && { path }), ...(query && { query }) })
    const method = (init.method ?? 'GET').toUpperCase()
    return this.#fetchPipeline(policy).call(request, [{ url, init, method }])
  }

  onStateChange(listener: StateChangeListener): () => void {
    return this.#host.onStateChange(listener)
  }

  list(): BreakerSnapshot[] {
    return [...this.#pipelines.values()].map((pipeline) => pipeline.snapshot())
  }

  get(name: string): Breaker | undefined {
    return this.#breakers.get(name)
  }

  pipelines(): Iterable<AnyPipeline> {
    return this.#pipelines.values()
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
    const base = mergeOptions(fetchDefaults, this.#defaults)
    const options = mergeOptions(base, policy === undefined ? {} : this.#findPolicy(policy))
    const resolved = { ...resolveBreaker<[OutgoingCall], Response>(name, options), ...fetchPolicy }
    const pipeline = new BreakerPipeline(name, createFetch(this.#host), resolved, this.#host)
    this.#fetchPipelines.set(name, pipeline)
    this.#add(pipeline)
    return pipeline
  }

  #add<Args extends unknown[], T>(pipeline: BreakerPipeline<Args, T>): Breaker<Args, T> {
    const breaker = publicBreaker(pipeline)
    this.#pipelines.set(pipeline.name, pipeline as unknown as AnyPipeline)
    this.#breakers.set(pipeline.name, breaker)
    this.#host.breakerCreated(pipeline as unknown as AnyPipeline)
    return breaker
  }
}

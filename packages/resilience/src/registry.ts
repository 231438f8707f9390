import { optionChecks } from '@seaworthy/internal'
import type { FastifyRequest } from 'fastify'
import type { Breaker, BreakerHost, BreakerSnapshot } from './breaker/types.ts'
import type { CallContext } from './call/call.ts'
import { type FetchHost, fetcher, fetchKeys, type FetchOptions, type Outgoing } from './fetch/fetch.ts'
import { Guard } from './breaker/pipeline.ts'
import type { Guardable, GuardedArgs, GuardedResult } from './call/guardable.ts'
import { breakerOf } from './breaker/public-breaker.ts'
import { type BreakerOptions, resolveBreaker } from './breaker/options.ts'
import { merged, type PolicyOptions, policyKeys, resolvePolicy } from './breaker/policy-options.ts'
import { urlOf } from './fetch/url.ts'

/** What `app.resilience` is. */
export interface Resilience {
  /**
   * Guards a function. Its first argument is the call's context: give its `signal` to what you call.
   *
   * @throws Error when the name is taken, RangeError when an option cannot work.
   */
  breaker<Fn extends Guardable>(
    name: string,
    fn: Fn,
    options?: BreakerOptions<GuardedArgs<Fn>, GuardedResult<Fn>>
  ): Breaker<GuardedArgs<Fn>, GuardedResult<Fn>>
  /** Names a policy, for a breaker's `policy` and for `fetch`. */
  policy(name: string, options: PolicyOptions): void
  /**
   * `fetch` with a breaker per host, timeouts, retries of what may be repeated, and the request's deadline. Statuses
   * from 500 on, 408 and 429 are failures (502); all others are answers. A body that hangs, breaks off or is not what
   * it says counts as a failure too, once it is read.
   */
  fetch(
    request: FastifyRequest | null | undefined,
    url: string | URL,
    options?: FetchOptions
  ): Promise<Response>
  /** What each breaker shows of itself. */
  list(): BreakerSnapshot[]
  /** The breaker of that name. What it takes and gives is not known here. */
  get(name: string): Breaker | undefined
}

const check = optionChecks('resilience')

type AnyGuard = Guard<unknown[], unknown>

/** What `resilience.fetch` does unless its policy says otherwise. */
const standard: PolicyOptions = { retry: true }

/** Breakers and policies of one app. */
export class Registry implements Resilience {
  readonly #defaults: PolicyOptions
  readonly #policies = new Map<string, PolicyOptions>()
  readonly #guards = new Map<string, AnyGuard>()
  readonly #breakers = new Map<string, Breaker>()
  readonly #fetchGuards = new Map<string, Guard<[Outgoing], Response>>()
  readonly #host: BreakerHost & FetchHost
  readonly #made: (guard: AnyGuard) => void

  constructor(
    defaults: PolicyOptions,
    policies: Record<string, PolicyOptions>,
    host: BreakerHost & FetchHost,
    made: (guard: AnyGuard) => void
  ) {
    this.#defaults = defaults
    this.#host = host
    this.#made = made
    for (const [name, options] of Object.entries(policies)) this.#policies.set(name, options)
  }

  breaker<Fn extends Guardable>(
    name: string,
    given: Fn,
    options: BreakerOptions<GuardedArgs<Fn>, GuardedResult<Fn>> = {}
  ): Breaker<GuardedArgs<Fn>, GuardedResult<Fn>> {
    type Args = GuardedArgs<Fn>
    type T = GuardedResult<Fn>
    const fn = given as (context: CallContext, ...args: Args) => T | Promise<T>
    check.string('name', name)
    check.fn(`${name}.fn`, fn)
    if (this.#guards.has(name)) throw new Error(`resilience: there is a breaker "${name}" already`)
    const { policy, ...own } = options
    const base = merged(this.#defaults, policy === undefined ? {} : this.#policyOf(policy))
    const resolved = resolveBreaker(name, merged<BreakerOptions<Args, T>>(base, own))
    return this.#add(new Guard(name, fn, resolved, this.#host))
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
    const url = urlOf(target, { ...(path && { path }), ...(query && { query }) })
    const method = (init.method ?? 'GET').toUpperCase()
    return this.#fetchGuard(policy).call(request, [{ url, init, method }])
  }

  list(): BreakerSnapshot[] {
    return [...this.#guards.values()].map((guard) => guard.snapshot())
  }

  get(name: string): Breaker | undefined {
    return this.#breakers.get(name)
  }

  guards(): Iterable<AnyGuard> {
    return this.#guards.values()
  }

  #policyOf(name: string): PolicyOptions {
    const found = this.#policies.get(name)
    if (found) return found
    const names = [...this.#policies.keys()].map((known) => `"${known}"`).join(', ') || 'none'
    throw new Error(`resilience: there is no policy "${name}"; known: ${names}`)
  }

  #fetchGuard(policy: string | undefined): Guard<[Outgoing], Response> {
    const name = policy === undefined ? 'fetch' : `fetch:${policy}`
    const found = this.#fetchGuards.get(name)
    if (found) return found
    const base = merged(merged(standard, this.#defaults), policy === undefined ? {} : this.#policyOf(policy))
    const resolved = { ...resolveBreaker<[Outgoing], Response>(name, base), ...fetchKeys }
    const guard = new Guard(name, fetcher(this.#host), resolved, this.#host)
    this.#fetchGuards.set(name, guard)
    this.#add(guard)
    return guard
  }

  #add<Args extends unknown[], T>(guard: Guard<Args, T>): Breaker<Args, T> {
    const breaker = breakerOf(guard)
    this.#guards.set(guard.name, guard as unknown as AnyGuard)
    this.#breakers.set(guard.name, breaker)
    this.#made(guard as unknown as AnyGuard)
    return breaker
  }
}

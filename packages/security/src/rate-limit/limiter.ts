import type { CountedKey } from '@seaworthy/contract'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ReportObserved } from '../mode.ts'
import { RateLimitStoreError } from './errors.ts'
import { collectHits, collectHitsAsync, toHit, type CountedHits } from './keys.ts'
import type { MemoryStore } from './memory-store.ts'
import type { LimitMetrics } from './metrics.ts'
import { notify } from './notify.ts'
import { rejectRequest, type Rejection } from './reject.ts'
import type { Limit } from './resolve-limit.ts'
import { tightestOf } from './response-headers.ts'
import type { Done, Hit, HitResult, LimitEvaluation, SharedStore } from './types.ts'

/** The members that a {@link Limiter} uses. */
export interface LimiterDependencies {
  memory: MemoryStore
  redis: SharedStore | undefined
  metrics: LimitMetrics
  writeHeaders: (reply: FastifyReply, evaluation: LimitEvaluation) => void
  /** Called when a limit that only observes would have rejected a request. */
  reportObserved: ReportObserved
}

/** A counted request that is given back unless its response is a failure. */
interface PendingFailure {
  failures: ReadonlySet<number>
  hit: Hit
  /** Whether it was counted in Redis. */
  shared: boolean
}

/** Evaluates the limits of requests. One for each registration of the plugin. */
export class Limiter {
  readonly #dependencies: LimiterDependencies
  readonly #pendingFailures = new WeakMap<FastifyRequest, PendingFailure[]>()
  readonly #onSkip = (limit: Limit): void => this.#dependencies.metrics.count(limit.name, 'skipped')

  constructor(dependencies: LimiterDependencies) {
    this.#dependencies = dependencies
  }

  /** Lets a request pass or rejects it. One call of the store, however many limits; no promise without app functions. */
  enforce(limits: readonly Limit[], request: FastifyRequest, reply: FastifyReply, done: Done): void {
    for (let i = 0; i < limits.length; i++) {
      if (limits[i]!.dynamic) return this.#enforceDynamic(limits, request, reply, done)
    }
    let counted: CountedHits
    try {
      counted = collectHits(limits, request, this.#onSkip)
    } catch (error) {
      return done(error as Error)
    }
    this.#take(counted, request, reply, done)
  }

  /** Lets a request pass or rejects it, for a key and with a limit that another plugin has found. */
  enforceKey(
    limit: Limit,
    { key, max, window }: CountedKey,
    request: FastifyRequest,
    reply: FastifyReply,
    done: Done
  ): void {
    this.#take({ limits: [limit], hits: [toHit(limit, key, max, window, 1)] }, request, reply, done)
  }

  /** Lets a request of a test pass, whatever its count, which is apart from those of clients. */
  pass(limits: readonly Limit[], request: FastifyRequest, reply: FastifyReply, done: Done): void {
    const { memory, redis, writeHeaders } = this.#dependencies
    const counted = collectHits(limits, request, this.#onSkip)
    if (counted.hits.length === 0) return done()
    const hits = counted.hits.map((hit) => ({ ...hit, key: `${hit.key} of tests`, observe: true }))
    const finish = (results: readonly HitResult[]) => {
      writeHeaders(reply, { limits: counted.limits, hits, results })
      done()
    }
    if (redis === undefined) return finish(memory.take(hits))
    redis.take(hits, (error, results) => {
      if (error) this.#takeWithoutRedis(error, { ...counted, hits }, request, reply, done)
      else finish(results!)
    })
  }

  #enforceDynamic(limits: readonly Limit[], request: FastifyRequest, reply: FastifyReply, done: Done): void {
    collectHitsAsync(limits, request, this.#onSkip).then((counted) => {
      this.#take(counted, request, reply, done)
    }, done)
  }

  /**
   * Evaluates one limit without headers or rejection. `undefined` if it does not count the request.
   *
   * @throws RateLimitStoreError if Redis does not count and the limit is `closed`.
   */
  async evaluate(
    limit: Limit,
    request: FastifyRequest,
    increment: boolean
  ): Promise<[Hit, HitResult] | undefined> {
    const { memory, redis } = this.#dependencies
    const { hits } = await collectHitsAsync([limit], request, this.#onSkip)
    const [hit] = hits
    if (hit === undefined) return undefined
    const evaluateLocally = () => (increment ? memory.take([hit])[0]! : memory.peek(hit))
    if (redis === undefined) return [hit, evaluateLocally()]

    // A cost of 0 counts nothing, and an observing limit records no rejection.
    const sent = increment ? hit : { ...hit, cost: 0, observe: true }
    const { promise, resolve } = Promise.withResolvers<HitResult | Error>()
    redis.take([sent], (error, results) => resolve(error ?? results![0]!))
    const result = await promise
    if (!(result instanceof Error)) return [hit, result]
    if (limit.onStoreError === 'local') return [hit, evaluateLocally()]
    this.#dependencies.metrics.count(limit.name, limit.onStoreError)
    if (limit.onStoreError === 'closed' && !limit.observe) throw new RateLimitStoreError(result)
    return undefined
  }

  /** Gives back the hits of a request whose response is no failure. */
  onResponse(request: FastifyRequest, statusCode: number): void {
    const pending = this.#pendingFailures.get(request)
    if (pending === undefined) return
    this.#pendingFailures.delete(request)
    const refunded = pending.filter(({ failures }) => !failures.has(statusCode))
    const local = refunded.filter(({ shared }) => !shared).map(({ hit }) => hit)
    const shared = refunded.filter(({ shared }) => shared).map(({ hit }) => hit)
    if (local.length > 0) this.#dependencies.memory.refund(local)
    if (shared.length > 0) this.#dependencies.redis?.refund(shared)
  }

  #take(counted: CountedHits, request: FastifyRequest, reply: FastifyReply, done: Done): void {
    const { limits, hits } = counted
    if (hits.length === 0) return done()

    const { memory, redis } = this.#dependencies
    if (redis === undefined) {
      return this.#finish({ limits, hits, results: memory.take(hits) }, false, request, reply, done)
    }
    redis.take(hits, (error, results) => {
      if (error) this.#takeWithoutRedis(error, counted, request, reply, done)
      else this.#finish({ limits, hits, results: results! }, true, request, reply, done)
    })
  }

  /** Redis does not answer: each limit follows its `onStoreError`. */
  #takeWithoutRedis(
    cause: Error,
    { limits, hits }: CountedHits,
    request: FastifyRequest,
    reply: FastifyReply,
    done: Done
  ) {
    const { memory, metrics } = this.#dependencies
    const closed = limits.find((limit) => limit.onStoreError === 'closed' && !limit.observe)
    if (closed) {
      metrics.count(closed.name, 'closed')
      const error = new RateLimitStoreError(cause)
      reply.headers(error.headers!)
      return done(error)
    }
    const local: { limits: Limit[]; hits: Hit[] } = { limits: [], hits: [] }
    for (const [index, limit] of limits.entries()) {
      if (limit.onStoreError === 'local') {
        local.limits.push(limit)
        local.hits.push(hits[index]!)
      } else {
        metrics.count(limit.name, 'open')
      }
    }
    if (local.hits.length === 0) return done()
    this.#finish({ ...local, results: memory.take(local.hits) }, false, request, reply, done)
  }

  #finish(
    evaluation: LimitEvaluation,
    shared: boolean,
    request: FastifyRequest,
    reply: FastifyReply,
    done: Done
  ): void {
    const { limits, hits, results } = evaluation
    const { metrics, writeHeaders, reportObserved } = this.#dependencies
    writeHeaders(reply, evaluation)
    let rejected = false
    for (let i = 0; i < limits.length; i++) {
      const { name, observe } = limits[i]!
      const { exceeded } = results[i]!
      if (exceeded) {
        if (observe) reportObserved(`a request over the limit ${name}`, `max is ${hits[i]!.max}`)
        else rejected = true
      }
      metrics.count(name, exceeded ? (observe ? 'observed' : 'rejected') : 'allowed')
    }
    if (rejected) return rejectRequest(rejectionOf(evaluation), request, reply, done)

    for (let i = 0; i < limits.length; i++) {
      const limit = limits[i]!
      notify('onExceeding', limit, hits[i]!, request)
      if (limit.failures && !results[i]!.exceeded)
        this.#expectFailure(request, limit.failures, hits[i]!, shared)
    }
    done()
  }

  #expectFailure(request: FastifyRequest, failures: ReadonlySet<number>, hit: Hit, shared: boolean): void {
    const pending = this.#pendingFailures.get(request)
    if (pending) pending.push({ failures, hit, shared })
    else this.#pendingFailures.set(request, [{ failures, hit, shared }])
  }
}

/** The limit that rejects: of those exceeded and enforced, the one with the longest wait. */
function rejectionOf({ limits, hits, results }: LimitEvaluation): Rejection {
  const indexes = limits.flatMap((limit, index) =>
    results[index]!.exceeded && !limit.observe ? [index] : []
  )
  const index = indexes[tightestOf(indexes.map((each) => results[each]!))]!
  return { limit: limits[index]!, hit: hits[index]!, result: results[index]! }
}

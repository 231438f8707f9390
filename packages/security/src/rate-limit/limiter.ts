import type { FastifyReply, FastifyRequest } from 'fastify'
import { tightestOf, type Asked } from './response-headers.ts'
import { collect, collectDynamic, type Collected } from './keys.ts'
import { RateLimitStoreError } from './errors.ts'
import type { Limit } from './resolve-limit.ts'
import type { MemoryStore } from './memory-store.ts'
import type { Outcomes } from './metrics.ts'
import type { RedisStore } from './redis-store.ts'
import { refuse } from './reject.ts'
import type { Hit, Verdict } from './types.ts'

export interface LimiterParts {
  memory: MemoryStore
  redis: RedisStore | undefined
  outcomes: Outcomes
  writeHeaders: (reply: FastifyReply, asked: Asked) => void
}

/** Counted requests that are given back if the answer is no failure. */
export interface Reserved {
  failures: ReadonlySet<number>
  hit: Hit
  shared: boolean
}

/** `error` refuses the request; `answered`: an answer of the app's own has been sent. */
export type Done = (error?: Error | null, answered?: boolean) => void

/** Asks the limits of a request, and lets it pass, or not. One for each plugin instance. */
export class Limiter {
  readonly #parts: LimiterParts
  readonly #reserved = new WeakMap<FastifyRequest, Reserved[]>()
  readonly #skipped = (limit: Limit): void => this.#parts.outcomes.count(limit.name, 'skipped')

  constructor(parts: LimiterParts) {
    this.#parts = parts
  }

  /** One question to the store, whatever the number of limits. Without functions of the app's there is no promise. */
  ask(limits: readonly Limit[], request: FastifyRequest, reply: FastifyReply, done: Done): void {
    for (let i = 0; i < limits.length; i++) {
      if (limits[i]!.dynamic) return this.#askDynamic(limits, request, reply, done)
    }
    let collected: Collected
    try {
      collected = collect(limits, request, this.#skipped)
    } catch (error) {
      return done(error as Error)
    }
    this.#count(collected, request, reply, done)
  }

  #askDynamic(limits: readonly Limit[], request: FastifyRequest, reply: FastifyReply, done: Done): void {
    collectDynamic(limits, request, this.#skipped).then((collected) => {
      this.#count(collected, request, reply, done)
    }, done)
  }

  /** Asks the store alone: no headers, no refusal. */
  async question(limit: Limit, request: FastifyRequest, count: boolean): Promise<[Hit, Verdict] | undefined> {
    const { hits } = await collectDynamic([limit], request, this.#skipped)
    const [hit] = hits
    if (hit === undefined) return undefined
    if (this.#parts.redis === undefined) {
      return [hit, count ? this.#parts.memory.take([hit])[0]! : this.#parts.memory.read(hit)]
    }
    // A question that counts nothing: watched only, it costs nothing.
    const asked = count ? hit : { ...hit, cost: 0, observe: true }
    const { promise, resolve } = Promise.withResolvers<Verdict | undefined>()
    this.#parts.redis.take([asked], (error, verdicts) => resolve(error ? undefined : verdicts?.[0]))
    const verdict =
      (await promise) ?? (count ? this.#parts.memory.take([hit])[0] : this.#parts.memory.read(hit))
    return [hit, verdict!]
  }

  /** Gives back what an answer has shown to be no failure. */
  answered(request: FastifyRequest, statusCode: number): void {
    const reserved = this.#reserved.get(request)
    if (reserved === undefined) return
    this.#reserved.delete(request)
    const back = reserved.filter(({ failures }) => !failures.has(statusCode))
    const local = back.filter(({ shared }) => !shared).map(({ hit }) => hit)
    const shared = back.filter(({ shared }) => shared).map(({ hit }) => hit)
    if (local.length > 0) this.#parts.memory.refund(local)
    if (shared.length > 0) this.#parts.redis?.refund(shared)
  }

  #count(collected: Collected, request: FastifyRequest, reply: FastifyReply, done: Done): void {
    const { limits, hits } = collected
    if (hits.length === 0) return done()

    const { memory, redis } = this.#parts
    if (redis === undefined) {
      return this.#settle({ limits, hits, verdicts: memory.take(hits) }, false, request, reply, done)
    }
    redis.take(hits, (error, verdicts) => {
      if (error) this.#without(error, collected, request, reply, done)
      else this.#settle({ limits, hits, verdicts: verdicts! }, true, request, reply, done)
    })
  }

  /** Redis does not answer: each limit does what it was told to do then. */
  #without(
    cause: Error,
    { limits, hits }: Collected,
    request: FastifyRequest,
    reply: FastifyReply,
    done: Done
  ) {
    const { memory, outcomes } = this.#parts
    const closed = limits.find((limit) => limit.onStoreError === 'closed' && !limit.observe)
    if (closed) {
      outcomes.count(closed.name, 'closed')
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
        outcomes.count(limit.name, 'open')
      }
    }
    if (local.hits.length === 0) return done()
    this.#settle({ ...local, verdicts: memory.take(local.hits) }, false, request, reply, done)
  }

  #settle(asked: Asked, shared: boolean, request: FastifyRequest, reply: FastifyReply, done: Done): void {
    const { limits, hits, verdicts } = asked
    const { outcomes, writeHeaders } = this.#parts
    writeHeaders(reply, asked)
    let refusing = false
    for (let i = 0; i < limits.length; i++) {
      const { name, observe } = limits[i]!
      const { exceeded } = verdicts[i]!
      if (exceeded && !observe) refusing = true
      outcomes.count(name, exceeded ? (observe ? 'observed' : 'refused') : 'allowed')
    }
    if (refusing) return refuse(enforced(asked), request, reply, done)

    for (let i = 0; i < limits.length; i++) {
      const limit = limits[i]!
      limit.onExceeding?.(request, hits[i]!.key)
      if (limit.failures && !verdicts[i]!.exceeded) this.#reserve(request, limit.failures, hits[i]!, shared)
    }
    done()
  }

  #reserve(request: FastifyRequest, failures: ReadonlySet<number>, hit: Hit, shared: boolean): void {
    const reserved = this.#reserved.get(request)
    if (reserved) reserved.push({ failures, hit, shared })
    else this.#reserved.set(request, [{ failures, hit, shared }])
  }
}

/** The limit that refuses: of those enforced, the one with the longest wait. */
function enforced({ limits, hits, verdicts }: Asked): { limit: Limit; hit: Hit; verdict: Verdict } {
  const indexes = limits.flatMap((limit, index) =>
    verdicts[index]!.exceeded && !limit.observe ? [index] : []
  )
  const index = indexes[tightestOf(indexes.map((each) => verdicts[each]!))]!
  return { limit: limits[index]!, hit: hits[index]!, verdict: verdicts[index]! }
}

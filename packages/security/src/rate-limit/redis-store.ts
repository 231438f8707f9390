import {
  GuardedRedis,
  isErrorOfSlots,
  redisScript,
  type GuardedRedisOptions,
  type RedisFailure
} from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'
import { defaultPrefix, type ResolvedRateLimit } from './options.ts'
import { openRedis } from './redis-connection.ts'
import { refundScript, takeScript } from './redis-scripts.ts'
import { groupsByKey, haveSeveralKeys, takeApart } from './take-apart.ts'
import type { Hit, HitResult } from './types.ts'

type Done = (error: Error | null, results?: HitResult[]) => void

const take = redisScript(takeScript)
const refund = redisScript(refundScript)

const afterRejections = { ignore: 0, count: 1, double: 2 } as const

/** The store in Redis, if the options have one. */
export const createRedisStore = (
  fastify: FastifyInstance,
  { redis, nameSpace, storeTimeout }: ResolvedRateLimit,
  registration: number,
  onFailure: (failure: RedisFailure) => void
): Promise<RedisStore | undefined> =>
  openRedis(
    fastify,
    {
      redis,
      nameSpace,
      storeTimeout,
      option: 'rateLimit',
      prefix: defaultPrefix,
      registration,
      onFailure,
      onChange(server, error) {
        if (error === undefined) {
          fastify.log.info(`security: ${server} answers again; processes share their rate limits again`)
        } else {
          fastify.log.warn(
            { err: error },
            `security: ${server} does not count requests (${error.message}); rate limits follow "onStoreError" until it does; check the server, the user's permissions and the connection`
          )
        }
      }
    },
    (options) => new RedisStore(options)
  )

/** Counts in Redis or Valkey, by one call per request. */
export class RedisStore {
  readonly #redis: GuardedRedis
  /** Whether Redis is a cluster, which runs no script on keys of two clients. */
  #isApart = false

  constructor(options: GuardedRedisOptions) {
    this.#redis = new GuardedRedis(options)
  }

  get up(): boolean {
    return this.#redis.up
  }

  /** Counts a request against all its limits, or against none if one rejects it. Calls back within the timeout. */
  take(hits: readonly Hit[], done: Done): void {
    if (this.#isApart && haveSeveralKeys(hits)) return takeApart(this, hits, done)
    const args: string[] = []
    for (const { max, window, cost, observe, afterRejection } of hits) {
      args.push(`${max} ${window} ${cost} ${Number(observe)} ${afterRejections[afterRejection]}`)
    }
    this.#redis.run(take, keysOf(hits), args, (error, reply) => {
      if (error) {
        // Keys of one request in two slots of a cluster: no script can have both.
        if (!isErrorOfSlots(error) || !haveSeveralKeys(hits)) return done(error)
        this.#isApart = true
        return takeApart(this, hits, done)
      }
      // A client with `stringNumbers` or another mapping of types returns texts.
      const numbers = Array.isArray(reply) ? reply.map(Number) : []
      if (numbers.length !== hits.length * 4 || numbers.some(Number.isNaN)) {
        return done(new Error('Redis answered without counts'))
      }
      done(
        null,
        hits.map((_, index) => ({
          exceeded: numbers[index * 4] === 1,
          remaining: numbers[index * 4 + 1]!,
          reset: numbers[index * 4 + 2]!,
          rejections: numbers[index * 4 + 3]!
        }))
      )
    })
  }

  /** Gives back what `take` counted. If Redis fails, it expires with the window. */
  refund(hits: readonly Hit[]): void {
    if (!this.up) return
    if (this.#isApart && haveSeveralKeys(hits)) {
      for (const group of groupsByKey(hits)) this.refund(group)
      return
    }
    const costs = hits.map((hit) => `${hit.cost}`)
    this.#redis.run(refund, keysOf(hits), costs, () => undefined)
  }

  /** Reports the outage at the start, if there is no connection yet. */
  reportIfDisconnected(): void {
    this.#redis.reportIfDisconnected()
  }

  close(): void {
    this.#redis.close()
  }
}

/** The hash tag keeps all limits of a client in one slot of a cluster. An empty tag would be none: hence the `=`. */
export const keyInRedis = ({ name, key }: Pick<Hit, 'name' | 'key'>): string => `{=${key}}${name}`

const keysOf = (hits: readonly Hit[]): string[] => hits.map(keyInRedis)

import { GuardedRedis, redisScript, type GuardedRedisOptions } from '@seaworthy/internal'
import { keyInRedis } from '../rate-limit/redis-store.ts'
import type { Lease, LeaseStore, TakeResult } from './lease.ts'

/**
 * The slots of a key are a sorted set: the id of each request, and when its lease expires by the clock of Redis. The set
 * itself expires with the last of them; a process with a longer lease keeps it for longer.
 */
const now = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lease = tonumber(ARGV[1])
local function keep()
  redis.call('PEXPIRE', KEYS[1], math.max(lease, redis.call('PTTL', KEYS[1])))
end
`

/** ARGV: lease (ms), id, max, observe (0 or 1). Returns whether it is allowed, and the slots taken. */
const take = redisScript(`${now}
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local used = redis.call('ZCARD', KEYS[1])
local allowed = used < tonumber(ARGV[3])
if allowed or ARGV[4] == '1' then
  redis.call('ZADD', KEYS[1], now + lease, ARGV[2])
  keep()
  used = used + 1
end
return { allowed and 1 or 0, used }
`)

/** ARGV: lease (ms), ids. A lease that has expired while its process stood still is taken again: its request runs. */
const renew = redisScript(`${now}
for i = 2, #ARGV do redis.call('ZADD', KEYS[1], now + lease, ARGV[i]) end
keep()
return 0
`)

/** ARGV: id. */
const release = redisScript(`return redis.call('ZREM', KEYS[1], ARGV[1])`)

/** Leases in Redis or Valkey. */
export class RedisLeases implements LeaseStore {
  readonly #redis: GuardedRedis
  readonly #leaseTime: number

  /** @param leaseTime - **Milliseconds**. */
  constructor(options: GuardedRedisOptions, leaseTime: number) {
    this.#redis = new GuardedRedis(options)
    this.#leaseTime = leaseTime
  }

  get up(): boolean {
    return this.#redis.up
  }

  take(
    lease: Lease,
    max: number,
    observe: boolean,
    done: (error: Error | null, taken?: TakeResult) => void
  ): void {
    const args = [this.#leaseTime, lease.id, max, Number(observe)]
    this.#redis.run(take, [keyInRedis(lease)], args, (error, reply) => {
      if (error) return done(error)
      // A client with `stringNumbers` or another mapping of types returns texts.
      const [allowed, used = Number.NaN] = Array.isArray(reply) ? reply.map(Number) : []
      if (Number.isNaN(used)) return done(new Error('Redis answered without counts'))
      done(null, { allowed: allowed === 1, used })
    })
  }

  renew(leases: readonly Lease[]): void {
    const [first] = leases
    if (first === undefined || !this.up) return
    this.#redis.run(
      renew,
      [keyInRedis(first)],
      [this.#leaseTime, ...leases.map(({ id }) => id)],
      () => undefined
    )
  }

  /** If Redis fails, the lease expires. */
  release(lease: Lease): void {
    if (this.up) this.#redis.run(release, [keyInRedis(lease)], [lease.id], () => undefined)
  }

  /** Reports the outage at the start, if there is no connection yet. */
  reportIfDisconnected(): void {
    this.#redis.reportIfDisconnected()
  }

  close(): void {
    this.#redis.close()
  }
}

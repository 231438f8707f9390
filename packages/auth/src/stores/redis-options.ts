import { invalidOption, isRedisClient } from '@seaworthy/internal'
import { check } from '../core/option-checks.ts'
import type { RedisClient } from './redis-client.ts'

/** The client of the option `redis`, checked. */
export function redisOf(redis: RedisClient | undefined): RedisClient | undefined {
  // The message shows the type only: a URL has a password.
  if (typeof (redis as { evalSha?: unknown } | undefined)?.evalSha === 'function')
    throw invalidOption(
      'auth: "redis" must be an ioredis client, got a client of node-redis, whose commands differ'
    )
  if (redis !== undefined && !(isRedisClient(redis) && typeof redis.duplicate === 'function'))
    return check.failWith('redis', 'an ioredis client', typeof redis)
  return redis
}

/** A script takes keys of one node. Braces tell a cluster which part of a key decides about its node. */
export function checkHashTag({ isCluster, options }: RedisClient, prefix: string): void {
  const { keyPrefix = '' } = options ?? {}
  if (isCluster !== true || /\{[^}]+\}/.test(`${String(keyPrefix)}${prefix}`)) return
  check.fail(
    'redisPrefix',
    'a name in braces on a cluster, such as {shop}:, which keep all keys on one node',
    prefix
  )
}

import type { RedisClient } from './redis-client.ts'

type Options = Record<string, unknown>

/** Adds the shared client to the options of each part that uses Redis, unless they have another one. */
export function withRedis(part: string, options: Options, client: RedisClient): Options {
  if (part === 'security') {
    const withLimits = withRedisAt('rateLimit', options, client)
    // Unlike rate limits, these are off unless they are configured.
    return options.concurrency ? withRedisAt('concurrency', withLimits, client) : withLimits
  }
  if (part === 'auth') return { redis: client, ...options }
  return options
}

function withRedisAt(key: string, options: Options, client: RedisClient): Options {
  const value = options[key]
  if (value === false) return options
  return { ...options, [key]: { redis: client, ...(typeof value === 'object' ? value : {}) } }
}

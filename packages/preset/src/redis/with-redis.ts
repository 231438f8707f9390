import type { RedisClient } from './redis-client.ts'

type Options = Record<string, unknown>

/** Adds the shared client to the options of each part that uses Redis, unless they have another one. */
export function withRedis(part: string, options: Options, client: RedisClient): Options {
  if (part === 'security') return withRedisAt('rateLimit', options, client)
  if (part === 'auth') return { redis: client, ...options }
  return options
}

function withRedisAt(key: string, options: Options, client: RedisClient): Options {
  const value = options[key]
  if (value === false) return options
  return { ...options, [key]: { redis: client, ...(typeof value === 'object' ? value : {}) } }
}

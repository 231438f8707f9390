import type { PartName } from '../parts/options.ts'
import type { RedisClient } from './redis-client.ts'

type Options = Record<string, unknown>

/** Gives the shared client to every user of one, unless it has been given its own. */
export function withRedis(part: PartName, options: Options, client: RedisClient): Options {
  if (part === 'security') return nested(options, 'rateLimit', client)
  if (part === 'auth') return { redis: client, ...options }
  return options
}

function nested(options: Options, key: string, client: RedisClient): Options {
  const own = options[key]
  if (own === false) return options
  return { ...options, [key]: { redis: client, ...(typeof own === 'object' ? own : {}) } }
}

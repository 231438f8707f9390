import { serviceName } from '@seaworthy/internal'
import type { RedisClient } from './redis-client.ts'

type Options = Record<string, unknown>

/** Adds the shared client to the options of each part that uses Redis, unless they have another one. */
export function withRedis(part: string, options: Options, client: RedisClient): Options {
  if (part === 'security') return withRedisAt('rateLimit', options, client)
  if (part === 'auth') return { redis: client, ...authPrefix(options), ...options }
  return options
}

function withRedisAt(key: string, options: Options, client: RedisClient): Options {
  const value = options[key]
  if (value === false) return options
  return { ...options, [key]: { redis: client, ...(typeof value === 'object' ? value : {}) } }
}

/** Keys with the service's name, so that two services on one Redis do not end each other's sessions. */
function authPrefix({ jwt }: Options): Options {
  const { issuer } = (typeof jwt === 'object' && jwt !== null ? jwt : {}) as { issuer?: unknown }
  const name = serviceName()
  // With an issuer the part has a prefix of its own: services that share it share their logins.
  return issuer !== undefined || name === undefined
    ? {}
    : { redisPrefix: `seaworthy:{auth:${encodeURIComponent(name)}}:` }
}

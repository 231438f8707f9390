import { optionChecks, reveal } from '@seaworthy/internal'
import { load } from '../load/load.cjs'
import type { RedisConnection, RedisOption } from '../parts/options.ts'
import type { RedisClient } from './redis-client.ts'

const check = optionChecks('seaworthy')

/** The one client of the preset, and whether it is the preset's to close. */
export interface SharedRedis {
  client: RedisClient
  owned: boolean
}

const isClient = (redis: RedisOption): redis is RedisClient => 'sendCommand' in redis

/** Takes the app's client, or opens one that fails at once instead of queueing while Redis is away. */
export function shareRedis(redis: RedisOption, onError: (error: Error) => void): SharedRedis {
  if (isClient(redis)) return { client: redis, owned: false }

  const client = new (load.ioredis().Redis)({
    ...connection(redis),
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0
  })
  // Without a listener ioredis prints each failed attempt; readiness and each user's policy tell the state.
  client.on('error', onError)
  return { client, owned: true }
}

function connection({
  host,
  port = 6379,
  username,
  password,
  db = 0,
  tls = false,
  ...others
}: RedisConnection) {
  check.keys('redis', others, ['host', 'port', 'username', 'password', 'db', 'tls'])
  return {
    host: check.string('redis.host', host),
    port: check.integer('redis.port', port, { min: 1, max: 65_535 }),
    db: check.integer('redis.db', db, { min: 0 }),
    ...(username === undefined ? {} : { username: check.string('redis.username', username) }),
    ...(password === undefined ? {} : { password: reveal(password) }),
    ...(check.boolean('redis.tls', tls) ? { tls: {} } : {})
  }
}

import { optionChecks, reveal } from '@seaworthy/internal'
import { load } from '../load/load.cjs'
import { connectionKeys, defaults, type RedisConnection, type RedisOption } from './options.ts'
import type { RedisClient } from './redis-client.ts'

const check = optionChecks('seaworthy')

/** The one client of the preset. */
export interface SharedRedis {
  client: RedisClient
  /** Whether the preset made the client, and has to close it. */
  isOwned: boolean
}

const isClient = (redis: RedisOption): redis is RedisClient => 'sendCommand' in redis

/** Takes the app's client, or makes one that fails at once instead of queueing while Redis is down. */
export function shareRedis(redis: RedisOption, onError: (error: Error) => void): SharedRedis {
  if (isClient(redis)) return { client: redis, isOwned: false }

  const client = new (load.ioredis().Redis)({
    ...connectionOptions(redis),
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0
  })
  // Without a listener ioredis prints each failed attempt.
  client.on('error', onError)
  return { client, isOwned: true }
}

function connectionOptions(connection: RedisConnection) {
  check.keys('redis', connection, connectionKeys)
  const { host, port = defaults.port, username, password, db = defaults.db, tls = defaults.tls } = connection
  return {
    host: check.string('redis.host', host),
    port: check.integer('redis.port', port, { min: 1, max: 65_535 }),
    db: check.integer('redis.db', db, { min: 0 }),
    ...(username === undefined ? {} : { username: check.string('redis.username', username) }),
    ...(password === undefined ? {} : { password: reveal(password) }),
    ...(check.boolean('redis.tls', tls) ? { tls: {} } : {})
  }
}

import {
  connectionErrors,
  insistOnDatabase,
  isErrorOfState,
  optionChecks,
  reveal,
  scrubText,
  sourceOf,
  type SecretSource
} from '@seaworthy/internal'
import type { FastifyBaseLogger } from 'fastify'
import { load } from '../load/load.cjs'
import { connectionKeys, defaults, type RedisConnection, type RedisOption } from './options.ts'
import type { RedisClient } from './redis-client.ts'

const check = optionChecks('seaworthy')

/** The one client of the preset. */
export interface SharedRedis {
  client: RedisClient
  /** Whether the preset made the client, and has to close it. */
  isOwned: boolean
  /** The password, if it is in a file that may change. */
  password?: { source: SecretSource; use(password: string): void }
}

const isClient = (redis: RedisOption): redis is RedisClient => 'sendCommand' in redis

/** Takes the app's client, or makes one that fails at once instead of queueing while Redis is down. */
export function shareRedis(redis: RedisOption, log: FastifyBaseLogger): SharedRedis {
  if (isClient(redis)) return { client: redis, isOwned: false }

  const client = new (load.ioredis().Redis)({
    ...connectionOptions(redis),
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0
  })
  logOutages(client, log)
  insistOnDatabase(client)
  // It may fail before the parts that use it listen.
  connectionErrors(client)
  const source = sourceOf(redis.password)
  return {
    client,
    isOwned: true,
    ...(source && {
      password: {
        source,
        // Connections that are open stay: Redis checks the password when one begins.
        use: (password) => void (client.options.password = password)
      }
    })
  }
}

/** Logs why Redis cannot be used, once for each reason and outage: ioredis repeats its attempts all the time. */
function logOutages(client: Pick<NodeJS.EventEmitter, 'on'>, log: FastifyBaseLogger): void {
  const reasons = new Set<string>()
  // Without a listener ioredis prints each failed attempt. The error itself has the command: AUTH with the password.
  client.on('error', (error: Error) => {
    const reason = scrubText(reasonOf(error))
    if (reasons.has(reason) || (reasons.size > 0 && isErrorOfState(error))) return
    reasons.add(reason)
    log.warn(
      { reason },
      `seaworthy: Redis cannot be used: ${reason}; each feature follows its policy for an outage, and the connection ` +
        'is tried again; check its address, database, user and password'
    )
  })
  client.on('ready', () => {
    if (reasons.size > 0) log.info('seaworthy: Redis can be used again')
    reasons.clear()
  })
}

/** Where `localhost` has several addresses, the error has one for each and no message. */
function reasonOf({ message, code, errors }: Error & { code?: string; errors?: unknown }): string {
  if (message !== '') return message
  const messages = Array.isArray(errors) ? errors.map((error: Error) => error.message) : []
  return messages.join(', ') || (code ?? 'no reason')
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

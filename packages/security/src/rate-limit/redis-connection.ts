import { lifecyclePort, provided } from '@seaworthy/contract'
import {
  connectionErrors,
  disconnect,
  insistOnDatabase,
  isConnectionOptions,
  isErrorOfSlots,
  redisAddress,
  serviceName,
  stopListening,
  toRedisClient,
  withoutCommand,
  type GuardedRedisOptions,
  type RedisClient,
  type RedisFailure
} from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'
import { check } from '../option-checks.ts'
import type { ResolvedRateLimit } from './options.ts'

/** The members of clients that are used if they are there. */
interface Client extends RedisClient {
  on?(event: string, listener: (error: Error) => void): unknown
  off?(event: string, listener: (error: Error) => void): unknown
  listenerCount?(event: string): number
  once?(event: string, listener: () => void): unknown
  connect?(): Promise<unknown>
  disconnect?(reconnect?: boolean): void
  readonly options?: object
}

/** Milliseconds for which the start waits for Redis. Then it continues without. */
const connectTimeout = 1000

/** The data of a plugin in Redis. */
interface StoreConnection {
  reportIfDisconnected(): void
  close(): void
}

/** Where something is connection in Redis, and what is called about it. */
export interface RedisUse extends Pick<ResolvedRateLimit, 'redis' | 'nameSpace' | 'storeTimeout'> {
  /** The option of the plugin, for messages. */
  option: string
  /** The prefix of all keys, in front of the service's name, unless `nameSpace` is set. */
  prefix: string
  /** The number of the plugin's registration in the app: the second one has counts of its own. */
  registration: number
  onFailure: (failure: RedisFailure) => void
  /** Called when Redis stops answering, with the error, and when it answers again. */
  onChange: (server: string, error: Error | undefined) => void
}

/** Opens Redis, if the options have one: on the app's client, or on a connection of the plugin. */
export async function openRedis<T extends StoreConnection>(
  fastify: FastifyInstance,
  { redis, nameSpace, storeTimeout, option, prefix, registration, onFailure, onChange }: RedisUse,
  create: (options: GuardedRedisOptions) => T
): Promise<T | undefined> {
  if (redis === undefined) return undefined

  const appClient: Client | undefined = toRedisClient(redis)
  if (appClient === undefined && !isConnectionOptions(redis)) {
    check.fail(
      `${option}.redis`,
      'a client of ioredis, of node-redis 4 or later (without legacyMode) or of Upstash, or the options of a connection',
      redis
    )
  }
  const client: Client = appClient ?? (await connect(option, redis as Record<string, unknown>))
  // An adapted client is another object for each plugin.
  const shared = appClient === undefined ? client : (redis as object)
  const onError = (error: Error): void => {
    fastify.log.debug({ err: withoutCommand(error) }, 'security: the connection to Redis failed')
  }
  client.on?.('error', onError)
  const server = redisAddress(shared)
  const { last: lastError, release } = connectionErrors(shared)
  const connection = create({
    client,
    keyPrefix: (nameSpace ?? defaultNameSpace(prefix)) + (registration > 1 ? `${registration}:` : ''),
    timeout: storeTimeout,
    onFailure,
    lastError,
    reconnect: appClient === undefined ? () => client.disconnect?.(true) : undefined,
    onErrorOfKey(error) {
      // Keys of several nodes are sent one by one.
      if (isErrorOfSlots(error)) return
      fastify.log.warn(
        { err: error },
        `security: ${server} refuses the keys of some clients (${error.message}); the limits of those follow "onStoreError"; for MOVED use a client for clusters, else delete the key`
      )
    },
    onChange(up, error, isNews) {
      if (isNews) onChange(server, up ? undefined : (error ?? new Error('no answer')))
    }
  })
  await waitUntilReady(client)
  connection.reportIfDisconnected()
  closeWithApp(fastify, option, () => {
    connection.close()
    if (appClient === undefined) disconnect(client)
    else {
      stopListening(client, onError)
      release()
    }
  })
  return connection
}

/** Services that share a Redis do not share their counts; replicas of one do. */
function defaultNameSpace(prefix: string): string {
  const service = serviceName()
  return service === undefined ? prefix : `${prefix}${service}:`
}

/** Closes after the last response: in the app's shutdown if there is one. */
function closeWithApp(fastify: FastifyInstance, option: string, close: () => void): void {
  const name = option === 'rateLimit' ? 'rate limits' : 'concurrency limits'
  provided(fastify, lifecyclePort)?.onShutdown(name, close)
  fastify.addHook('onClose', (_instance, done) => {
    close()
    done()
  })
}

async function connect(option: string, options: Record<string, unknown>): Promise<Client> {
  // ioredis would ignore it, and connect to localhost.
  if ('url' in options)
    check.failWith(`${option}.redis`, 'options of ioredis, which has no "url": use "host"', '"url"')
  let ioredis: Pick<typeof import('ioredis'), 'Redis'>
  try {
    ioredis = await import('ioredis')
  } catch (cause) {
    throw new Error(`security: "${option}.redis" needs the package "ioredis": npm install ioredis`, { cause })
  }
  // Without a queue a command fails at once while Redis is away, instead of waiting and counting much later.
  const client = new ioredis.Redis({ enableOfflineQueue: false, maxRetriesPerRequest: 0, ...options })
  insistOnDatabase(client)
  return client
}

async function waitUntilReady(client: Client): Promise<void> {
  if (client.status === undefined || client.status === 'ready') return
  // A lazy client connects with its first command, and without a queue that command fails.
  if (client.status === 'wait') client.connect?.().catch(() => undefined)
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, connectTimeout)
  client.once?.('ready', () => resolve())
  if (client.once === undefined) resolve()
  await promise
  clearTimeout(timer)
}

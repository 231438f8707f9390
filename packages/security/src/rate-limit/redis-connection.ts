import { lifecyclePort, provided } from '@seaworthy/contract'
import {
  isConnectionOptions,
  serviceName,
  toRedisClient,
  withoutCommand,
  type RedisClient,
  type RedisFailure
} from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'
import { check } from '../option-checks.ts'
import { defaultPrefix, type ResolvedRateLimit } from './options.ts'
import { RedisStore } from './redis-store.ts'

/** The members of clients that are used if they are there. */
interface Client extends RedisClient {
  on?(event: string, listener: (error: Error) => void): unknown
  once?(event: string, listener: () => void): unknown
  connect?(): Promise<unknown>
  disconnect?(reconnect?: boolean): void
  readonly options?: { host?: unknown; port?: unknown; path?: unknown }
}

/** Milliseconds for which the start waits for Redis. Then it continues without. */
const connectTimeout = 1000

/**
 * The store in Redis, if the options have one: on the app's client, or on a connection of the plugin.
 *
 * @param registration - The number of the plugin's registration in the app: the second one has counts of its own.
 */
export async function createRedisStore(
  fastify: FastifyInstance,
  { redis, nameSpace, storeTimeout }: ResolvedRateLimit,
  registration: number,
  onFailure: (failure: RedisFailure) => void
): Promise<RedisStore | undefined> {
  if (redis === undefined) return undefined

  const appClient: Client | undefined = toRedisClient(redis)
  if (appClient === undefined && !isConnectionOptions(redis)) {
    check.fail(
      'rateLimit.redis',
      'a client of ioredis or of node-redis, or the options of a connection',
      redis
    )
  }
  const client: Client = appClient ?? (await connect(redis as Record<string, unknown>))
  let lastError: Error | undefined
  client.on?.('error', (error) => {
    lastError = error
    fastify.log.debug({ err: withoutCommand(error) }, 'security: the connection to Redis failed')
  })
  const server = addressOf(client)
  const store = new RedisStore({
    client,
    keyPrefix: (nameSpace ?? defaultNameSpace()) + (registration > 1 ? `${registration}:` : ''),
    timeout: storeTimeout,
    onFailure,
    lastError: () => lastError,
    reconnect: appClient === undefined ? () => client.disconnect?.(true) : undefined,
    onChange(up, error) {
      if (up) {
        fastify.log.info(`security: ${server} answers again; processes share their rate limits again`)
      } else {
        fastify.log.warn(
          { err: error },
          `security: ${server} does not count requests (${error?.message ?? 'no answer'}); rate limits follow "onStoreError" until it does; check the server, the user's permissions and the connection`
        )
      }
    }
  })
  await waitUntilReady(client)
  store.reportIfDisconnected()
  closeWithApp(fastify, () => {
    store.close()
    if (appClient === undefined) client.disconnect?.()
  })
  return store
}

/** Services that share a Redis do not share their counts; replicas of one do. */
function defaultNameSpace(): string {
  const service = serviceName()
  return service === undefined ? defaultPrefix : `${defaultPrefix}${service}:`
}

/** `Redis at redis.internal:6379`, if the client shows it. */
function addressOf({ options }: Client): string {
  const { host, port, path } = options ?? {}
  if (typeof path === 'string') return `Redis at ${path}`
  return typeof host === 'string' && typeof port === 'number' ? `Redis at ${host}:${port}` : 'Redis'
}

/** Closes after the last response: in the app's shutdown if there is one. */
function closeWithApp(fastify: FastifyInstance, close: () => void): void {
  provided(fastify, lifecyclePort)?.onShutdown('rate limits', close)
  fastify.addHook('onClose', (_instance, done) => {
    close()
    done()
  })
}

async function connect(options: Record<string, unknown>): Promise<Client> {
  let ioredis: Pick<typeof import('ioredis'), 'Redis'>
  try {
    ioredis = await import('ioredis')
  } catch (cause) {
    throw new Error('security: "rateLimit.redis" needs the package "ioredis": npm install ioredis', { cause })
  }
  // Without a queue a command fails at once while Redis is away, instead of waiting and counting much later.
  return new ioredis.Redis({ enableOfflineQueue: false, maxRetriesPerRequest: 0, ...options })
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

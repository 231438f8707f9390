import { lifecyclePort, provided } from '@seaworthy/contract'
import { isRedisClient, type RedisClient, type RedisFailure } from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'
import { assertOptionsObject } from '../option-checks.ts'
import type { ResolvedRateLimit } from './options.ts'
import { RedisStore } from './redis-store.ts'

/** The members of ioredis that are used if they are there. */
interface Client extends RedisClient {
  once?(event: string, listener: () => void): unknown
  disconnect?(reconnect?: boolean): void
}

/** Milliseconds for which the start waits for Redis. Then it continues without. */
const connectTimeout = 1000

/** The store in Redis, if the options have one: on the app's client, or on a connection of the plugin. */
export async function createRedisStore(
  fastify: FastifyInstance,
  { redis, nameSpace, storeTimeout }: ResolvedRateLimit,
  onFailure: (failure: RedisFailure) => void
): Promise<RedisStore | undefined> {
  if (redis === undefined) return undefined

  assertOptionsObject('rateLimit.redis', redis)
  const isAppClient = isRedisClient(redis)
  const client: Client = isAppClient ? redis : await connect(redis, fastify)
  const store = new RedisStore({
    client,
    keyPrefix: nameSpace,
    timeout: storeTimeout,
    onFailure,
    reconnect: isAppClient ? undefined : () => client.disconnect?.(true),
    onChange(up, error) {
      if (up) {
        fastify.log.info('security: Redis answers again; processes share their rate limits again')
      } else {
        fastify.log.warn(
          { err: error },
          'security: Redis does not answer; rate limits follow "onStoreError" until it does; check Redis and the connection to it'
        )
      }
    }
  })
  await waitUntilReady(client)
  closeWithApp(fastify, () => {
    store.close()
    if (!isAppClient) client.disconnect?.()
  })
  return store
}

/** Closes after the last response: in the app's shutdown if there is one. */
function closeWithApp(fastify: FastifyInstance, close: () => void): void {
  provided(fastify, lifecyclePort)?.onShutdown('rate limits', close)
  fastify.addHook('onClose', (_instance, done) => {
    close()
    done()
  })
}

async function connect(options: Record<string, unknown>, fastify: FastifyInstance): Promise<Client> {
  let ioredis: Pick<typeof import('ioredis'), 'Redis'>
  try {
    ioredis = await import('ioredis')
  } catch (cause) {
    throw new Error('security: "rateLimit.redis" needs the package "ioredis": npm install ioredis', { cause })
  }
  // Without a queue a command fails at once while Redis is away, instead of waiting and counting much later.
  const client = new ioredis.Redis({ enableOfflineQueue: false, maxRetriesPerRequest: 0, ...options })
  client.on('error', (error) => fastify.log.debug({ err: error }, 'security: the connection to Redis failed'))
  return client
}

async function waitUntilReady(client: Client): Promise<void> {
  if (client.status === undefined || client.status === 'ready' || client.status === 'wait') return
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, connectTimeout)
  client.once?.('ready', () => resolve())
  await promise
  clearTimeout(timer)
}

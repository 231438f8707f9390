import type { FastifyInstance } from 'fastify'
import { lifecyclePort, provided } from '@seaworthy/contract'
import { check, section } from '../option-checks.ts'
import type { RateLimitOptions } from './options.ts'
import { RedisStore, type RedisClient } from './redis-store.ts'

interface Client extends RedisClient {
  on?(event: string, listener: (...args: unknown[]) => void): unknown
  once?(event: string, listener: (...args: unknown[]) => void): unknown
  off?(event: string, listener: (...args: unknown[]) => void): unknown
  disconnect?(reconnect?: boolean): void
}

/** Milliseconds that the start waits for Redis. It starts without, too. */
const patience = 1000

/** The store in Redis, if the options name one: on the app's client, or on one of our own. */
export async function sharedStore(
  fastify: FastifyInstance,
  { redis, nameSpace = 'seaworthy-rate-limit:', storeTimeout = 50 }: RateLimitOptions,
  onError: (reason: string) => void
): Promise<RedisStore | undefined> {
  check.string('rateLimit.nameSpace', nameSpace)
  const timeout = check.integer('rateLimit.storeTimeout', storeTimeout, {
    min: 1,
    max: 10_000,
    unit: 'milliseconds'
  })
  if (redis === undefined) return undefined

  section('rateLimit.redis', redis)
  const own = !isClient(redis)
  const client = own ? await connect(redis as Record<string, unknown>, fastify) : (redis as Client)
  const store = new RedisStore({
    client,
    nameSpace,
    timeout,
    onError,
    reconnect: own ? () => client.disconnect?.(true) : undefined,
    onChange(up, error) {
      if (up) fastify.log.info('security: Redis answers again: rate limits are shared again')
      else
        fastify.log.warn({ err: error }, 'security: Redis does not answer: rate limits follow "onStoreError"')
    }
  })
  await ready(client)
  end(fastify, () => {
    store.close()
    if (own) client.disconnect?.()
  })
  return store
}

/** After the last answer: behind the app's own shutdown where there is one. */
function end(fastify: FastifyInstance, close: () => void): void {
  const lifecycle = provided(fastify, lifecyclePort)
  if (lifecycle) lifecycle.onShutdown('rate limits', close)
  fastify.addHook('onClose', (_instance, done) => {
    close()
    done()
  })
}

const isClient = (redis: object): boolean => typeof (redis as Partial<RedisClient>).evalsha === 'function'

async function connect(options: Record<string, unknown>, fastify: FastifyInstance): Promise<Client> {
  let ioredis: Pick<typeof import('ioredis'), 'Redis'>
  try {
    ioredis = await import('ioredis')
  } catch (cause) {
    throw new Error('security: "rateLimit.redis" needs the package "ioredis": npm install ioredis', { cause })
  }
  // Without a queue a command fails at once while Redis is away, instead of waiting and counting much later.
  const client = new ioredis.Redis({ enableOfflineQueue: false, maxRetriesPerRequest: 0, ...options })
  client.on('error', (error) => fastify.log.debug({ err: error }, 'security: redis'))
  return client
}

async function ready(client: Client): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (client.status === undefined || client.status === 'ready' || client.status === 'wait') return
  const timer = setTimeout(resolve, patience)
  client.once?.('ready', () => resolve())
  await promise
  clearTimeout(timer)
}

/**
 * The commands that the packages send. Clients of ioredis 5 and 6, alone, with Sentinel or as a cluster, have them.
 * `status` is ioredis' state of the connection: `ready`, `wait`, `connecting`, `reconnecting`, `close`, `end`.
 *
 * @example
 * const withRedis = async (redis: RedisClient) => app.register(rateLimit, { redis }) // new Redis(…) of ioredis
 */
export interface RedisClient {
  readonly status?: string
  eval(script: string, numberOfKeys: number, ...args: (string | number)[]): Promise<unknown>
  evalsha(sha: string, numberOfKeys: number, ...args: (string | number)[]): Promise<unknown>
  ping(): Promise<unknown>
}

/** Whether a value has the commands of a client of ioredis. */
export const isRedisClient = (value: unknown): value is RedisClient =>
  hasMethod(value, 'evalsha') && !isUpstash(value) && !hasMethod(value, 'internal_send_command')

const hasMethod = (value: unknown, name: string): boolean =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Record<string, unknown>)[name] === 'function'

/** The client of `@upstash/redis`, which sends each command as a request of HTTP. */
interface UpstashClient {
  eval(script: string, keys: string[], args: string[]): Promise<unknown>
  evalsha(sha: string, keys: string[], args: string[]): Promise<unknown>
  ping(): Promise<unknown>
}

/** Its commands have the names of those of ioredis, and other parameters. */
const isUpstash = (value: unknown): value is UpstashClient =>
  hasMethod(value, 'evalsha') && hasMethod(value, 'createScript')

function adaptUpstash(client: UpstashClient): RedisClient {
  return {
    eval(script, numberOfKeys, ...args) {
      const texts = args.map(String)
      return client.eval(script, texts.slice(0, numberOfKeys), texts.slice(numberOfKeys))
    },
    evalsha(sha, numberOfKeys, ...args) {
      const texts = args.map(String)
      return client.evalsha(sha, texts.slice(0, numberOfKeys), texts.slice(numberOfKeys))
    },
    ping: () => client.ping()
  }
}

/** The members of node-redis' clients that are used. A pool and a cluster have no `isReady`. */
interface NodeRedisClient {
  readonly isReady?: boolean
  readonly isOpen?: boolean
  eval(script: string, options: ScriptOptions): Promise<unknown>
  evalSha(sha: string, options: ScriptOptions): Promise<unknown>
  ping?(): Promise<unknown>
  on?(event: string, listener: (...args: never[]) => void): unknown
  off?(event: string, listener: (...args: never[]) => void): unknown
  once?(event: string, listener: (...args: never[]) => void): unknown
  listenerCount?(event: string): number
}
interface ScriptOptions {
  keys: string[]
  arguments: string[]
}

const isNodeRedis = (value: unknown): value is NodeRedisClient =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Partial<NodeRedisClient>).evalSha === 'function' &&
  // In this mode of release 4 the commands have callbacks.
  (value as { options?: { legacyMode?: unknown } }).options?.legacyMode !== true

/** Adapts a client of node-redis (the package `redis`): alone, a pool, with Sentinel or as a cluster. */
function adaptNodeRedis(
  client: NodeRedisClient
): RedisClient & Pick<NodeRedisClient, 'on' | 'off' | 'once' | 'listenerCount'> {
  const optionsOf = (numberOfKeys: number, args: readonly (string | number)[]): ScriptOptions => {
    const texts = args.map(String)
    return { keys: texts.slice(0, numberOfKeys), arguments: texts.slice(numberOfKeys) }
  }
  return {
    get status() {
      if (client.isOpen === false) return 'closed: call connect() of the client'
      return client.isReady === false ? 'reconnecting' : 'ready'
    },
    eval: (script, numberOfKeys, ...args) => client.eval(script, optionsOf(numberOfKeys, args)),
    evalsha: (sha, numberOfKeys, ...args) => client.evalSha(sha, optionsOf(numberOfKeys, args)),
    ping: () => client.ping?.() ?? client.eval('return 1', { keys: [], arguments: [] }),
    ...(client.on && { on: (event, listener) => client.on!(event, listener) }),
    ...(client.off && { off: (event, listener) => client.off!(event, listener) }),
    ...(client.once && { once: (event, listener) => client.once!(event, listener) }),
    ...(client.listenerCount && { listenerCount: (event) => client.listenerCount!(event) })
  }
}

/**
 * The client that an option holds: of ioredis as it is, of node-redis and Upstash through an adapter. `undefined` for
 * anything else.
 */
export function toRedisClient(value: unknown): RedisClient | undefined {
  if (isRedisClient(value)) return value
  if (isUpstash(value)) return adaptUpstash(value)
  return isNodeRedis(value) ? adaptNodeRedis(value) : undefined
}

/** Whether a value can be connection options: a plain object without methods. A client of another library is not. */
export function isConnectionOptions(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return false
  return !['sendCommand', 'send_command', 'call', 'ping', 'connect'].some(
    (name) => typeof (value as Record<string, unknown>)[name] === 'function'
  )
}

/** Whether the client sends a command now. A client that reconnects queues it, and it would run much later. */
export const canSend = ({ status }: RedisClient): boolean =>
  status === undefined || status === 'ready' || status === 'wait'

// Every use of a part that Node, Fastify or an official plugin does not document. Each has a test against the
// installed version in test/internals.test.ts.
import fastifyCors, { type FastifyCorsOptions } from '@fastify/cors'
import fastifyHelmet from '@fastify/helmet'
import type {
  FastifyInstance,
  FastifyPluginCallback,
  FastifyReply,
  FastifyRequest,
  onRequestHookHandler
} from 'fastify'
import fp from 'fastify-plugin'
import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'

/** Node's own step from status line and headers to the text of the head. */
export interface HeadWriter {
  _storeHeader(firstLine: string, headers: unknown): void
}

/**
 * The methods of Node's HTTP/1 responses before an app or a middleware replaces them.
 *
 * `_storeHeader` is for sending prepared header lines as one text. Without it {@link canReplaceHeadWriter} is false,
 * and the prepared headers go through `writeHead`, which is documented and slower.
 */
export const nativeResponse = ServerResponse.prototype as ServerResponse & HeadWriter

/**
 * Whether a replaced `_storeHeader` can add lines behind the status line: a response without a socket shows it, by
 * Node's private `_header`.
 */
export function canReplaceHeadWriter(): boolean {
  // Bun calls the replaced method for a response made by hand, but not for those of its server.
  if (process.versions.bun !== undefined) return false
  try {
    const request = { method: 'GET', httpVersionMajor: 1, httpVersionMinor: 1 } as IncomingMessage
    const response = new ServerResponse(request) as ServerResponse & HeadWriter & { _header?: unknown }
    response._storeHeader = function (firstLine, headers) {
      nativeResponse._storeHeader.call(this, `${firstLine}x-first: yes\r\n`, headers)
    }
    response.writeHead(200, { 'x-second': 'yes' })
    return String(response._header).startsWith('HTTP/1.1 200 OK\r\nx-first: yes\r\nx-second: yes\r\n')
  } catch {
    return false
  }
}

/**
 * Whether a test of the app injects this request: it has no socket of Node's, and the address that light-my-request
 * gives to requests without one. Adapters such as @fastify/aws-lambda pass the client's address.
 */
export function isInjectedByTest({ raw, ip }: FastifyRequest): boolean {
  if (Object.getPrototypeOf(raw) === IncomingMessage.prototype) return false
  return ip === '127.0.0.1' && !(raw.socket instanceof Socket) && !('stream' in raw)
}

/**
 * Whether a hook is the limiter of @fastify/rate-limit: by the name of its mark on a request, which bundlers keep. One
 * that is not recognised limits beside this package.
 */
export const isOfficialLimiter = (hook: unknown): boolean =>
  typeof hook === 'function' && Function.prototype.toString.call(hook).includes('rateLimitRan')

const forwardedClient = '203.0.113.254'

/**
 * Whether Fastify takes the client's address from the X-Forwarded-For of this peer. Fastify does not expose its
 * `trustProxy`, so a request of its class is made and read.
 *
 * `undefined` if the class cannot be found or used: the start then warns that trust is unknown.
 */
export function trustsForwardedFor(fastify: FastifyInstance, peer: string): boolean | undefined {
  const raw = { headers: { 'x-forwarded-for': forwardedClient }, socket: { remoteAddress: peer } }
  try {
    const request = Object.create(requestPrototype(fastify)!, { raw: { value: raw } }) as { ip: unknown }
    const { ip } = request
    return ip === forwardedClient ? true : ip === peer ? false : undefined
  } catch {
    return undefined
  }
}

/**
 * The prototype of Fastify's requests in this scope, which Fastify keeps under the symbol `fastify.Request`. A class
 * under another symbol is recognised by its getters.
 */
function requestPrototype(fastify: FastifyInstance): object | undefined {
  const classes: [name: string | undefined, prototype: object][] = []
  for (let scope: object | null = fastify; scope; scope = Object.getPrototypeOf(scope) as object | null) {
    for (const key of Object.getOwnPropertySymbols(scope)) {
      const value = (scope as Record<symbol, unknown>)[key]
      if (typeof value === 'function' && isRequestPrototype(value.prototype)) {
        classes.push([key.description, value.prototype as object])
      }
    }
  }
  const [, prototype] = classes.find(([name]) => name === 'fastify.Request') ?? classes[0] ?? []
  return prototype
}

const isRequestPrototype = (prototype: unknown): boolean =>
  typeof prototype === 'object' &&
  prototype !== null &&
  ['ip', 'hostname', 'routeOptions'].every((name) => name in prototype)

/** The hook of @fastify/cors. In `preParsing` and `preSerialization` it has the payload before `done`. */
export type CorsHookHandler = (
  this: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  ...rest: unknown[]
) => void

/**
 * Registers @fastify/cors and returns its hook instead of adding it, so that it runs only for requests that need it.
 * `undefined` if it adds its hook in another way: it then runs for each request, which is right and slower.
 */
export async function registerCorsWithoutHook(
  fastify: FastifyInstance,
  options: FastifyCorsOptions
): Promise<CorsHookHandler | undefined> {
  const hookName = options.hook ?? 'onRequest'
  let corsHook: CorsHookHandler | undefined
  const host = Object.create(fastify) as FastifyInstance
  Object.assign(host, {
    // Its hook sets the member of a preflight; declared here, it would be declared twice where the app registers it too.
    decorateRequest: () => host,
    options: fastify.options.bind(fastify),
    addHook(name: string, hook: CorsHookHandler) {
      if (name === hookName && corsHook === undefined) corsHook = hook
      else fastify.addHook(name as 'onRequest', hook as onRequestHookHandler)
      return host
    }
  })
  const register: FastifyPluginCallback<FastifyCorsOptions> = (_instance, registered, done) =>
    fastifyCors(host, registered, done)
  await fastify.register(fp(register, { name: corsName, fastify: '5.x' }), options)
  return corsHook
}

const corsName = '@fastify/cors'
const pluginMetadata = Symbol.for('plugin-meta')

/** The name that fastify-plugin gave a plugin, which it keeps under the symbol `plugin-meta`. */
const pluginName = (plugin: object): string | undefined =>
  (plugin as { [pluginMetadata]?: { name?: string } })[pluginMetadata]?.name

/**
 * Whether {@link isOfficialCors} recognises each copy of @fastify/cors. Otherwise an app that registers another copy than
 * ours gets Fastify's error about a decorator or route that exists.
 */
export const recognisesOfficialCors = (): boolean => pluginName(fastifyCors) === corsName

/** Whether a plugin is @fastify/cors: by its name, or because it is the copy that this package has. */
export const isOfficialCors = (plugin: unknown): plugin is FastifyPluginCallback =>
  typeof plugin === 'function' && (plugin === fastifyCors || pluginName(plugin) === corsName)

/**
 * @fastify/cors without its route for preflights, which it adds by `options('*')`. If it adds it in another way, Fastify's
 * error about a route that exists stops the start.
 */
export function withoutPreflightRoute(plugin: FastifyPluginCallback): FastifyPluginCallback {
  const register: FastifyPluginCallback = (fastify, options, done) => {
    const host = Object.assign(Object.create(fastify) as FastifyInstance, {
      options: (url: string, ...rest: unknown[]) =>
        url === '*' ? host : (fastify.options as (...args: unknown[]) => unknown)(url, ...rest),
      addHook(...args: unknown[]) {
        ;(fastify.addHook as (...args: unknown[]) => unknown).apply(fastify, args)
        return host
      },
      decorateRequest(...args: unknown[]) {
        ;(fastify.decorateRequest as (...args: unknown[]) => unknown).apply(fastify, args)
        return host
      }
    })
    return plugin(host, options, done)
  }
  return fp(register, { name: corsName, fastify: '5.x' })
}

/** A GET request of no client, and its response. */
export function requestWithoutSocket(url: string): [IncomingMessage, ServerResponse] {
  const request = Object.assign(new IncomingMessage(new Socket()), { method: 'GET', url })
  return [request, new ServerResponse(request)]
}

/** The members that @fastify/helmet uses of a reply. */
export interface HelmetReply {
  readonly raw: ServerResponse
  helmet(options?: object): unknown
}

/**
 * A reply that has passed the hooks of @fastify/helmet. They run for a request of no client, and are not added to the app:
 * an app of its own for them would take a tenth of a start. `undefined` if they fail with so little.
 */
export async function replyOfHelmet(fastify: FastifyInstance): Promise<HelmetReply | undefined> {
  const hooks: ((request: object, reply: object, done: () => void) => unknown)[] = []
  const host = Object.create(fastify) as FastifyInstance
  Object.assign(host, {
    hasReplyDecorator: () => true,
    decorateReply: () => host,
    addHook(name: string, hook: (typeof hooks)[number]) {
      if (name === 'onRequest') hooks.push(hook)
      return host
    }
  })
  const [request, response] = requestWithoutSocket('/')
  const reply = { raw: response }
  try {
    await fastifyHelmet.fastifyHelmet(host, { global: false })
    // oxlint-disable-next-line no-await-in-loop -- in their order
    for (const hook of hooks)
      await hook({ raw: request, routeOptions: { config: {} } }, reply, () => undefined)
    return reply as HelmetReply
  } catch {
    return undefined
  }
}

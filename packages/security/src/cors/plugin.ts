import fastifyCors, { type FastifyCorsOptions } from '@fastify/cors'
import type {
  FastifyInstance,
  FastifyPluginAsync,
  FastifyPluginCallback,
  FastifyRequest,
  onRequestHookHandler
} from 'fastify'
import fp from 'fastify-plugin'
import type { Overridable } from '@seaworthy/contract'
import { given } from '../option-checks.ts'
import { checkCors, type CorsOptions, type RouteCors } from './options.ts'
import { decider } from './origin-function.ts'
import { prepared } from './listed-origins.ts'

interface CorsConfig {
  /** The route's own CORS options, laid over the plugin's; `false` for none. */
  cors?: Overridable<this, RouteCors>
}

declare module 'fastify' {
  interface FastifyContextConfig extends CorsConfig {}
}

const methods = ['GET', 'HEAD', 'PUT', 'PATCH', 'POST', 'DELETE']

const plugin: FastifyPluginAsync<CorsOptions> = async (fastify, options) => {
  const own = checkCors('cors', options)
  if (own.origin === true) {
    fastify.log.warn('security: "cors.origin" is true: every site may read answers that need no credentials')
  }

  // Registered routes say their options as the plugin does, and @fastify/cors reads them from the same place.
  fastify.addHook('onRoute', (route) => {
    const { cors: said } = (route.config ?? {}) as { cors?: RouteCors }
    if (said === undefined || said === false) return
    const option = `cors of ${route.url}`
    const merged = checkCors(option, { ...own, ...checkCors(option, said) })
    route.config = { ...route.config, cors: converted(fastify, merged) as RouteCors }
  })

  const answer = prepared(own)
  if (answer !== undefined) {
    const inspect = await hookOf(fastify, converted(fastify, own))
    fastify.addHook('onRequest', function cors(request, reply, done) {
      if (answer(request, reply)) done()
      else inspect.call(this, request, reply, done)
    })
    return
  }

  const { delegator } = own
  await fastify.register(
    fastifyCors,
    delegator === undefined
      ? converted(fastify, own)
      : { ...hook(own), delegator: (request: FastifyRequest) => delegated(fastify, delegator, request) }
  )
}

/** Registers @fastify/cors, but keeps its hook: only what has no prepared answer is to pass it. */
async function hookOf(fastify: FastifyInstance, options: FastifyCorsOptions): Promise<onRequestHookHandler> {
  let hook: onRequestHookHandler
  const host = {
    decorateRequest: fastify.decorateRequest.bind(fastify),
    options: fastify.options.bind(fastify),
    addHook: (_name: string, given: onRequestHookHandler) => void (hook = given)
  } as unknown as FastifyInstance
  const register: FastifyPluginCallback<FastifyCorsOptions> = (_instance, given, done) =>
    fastifyCors(host, given, done)
  await fastify.register(fp(register, { name: '@fastify/cors', fastify: '5.x' }), options)
  return hook!
}

const hook = ({ hook, hideOptionsRoute, logLevel }: CorsOptions) => ({
  ...(hook === undefined ? {} : { hook }),
  ...(hideOptionsRoute === undefined ? {} : { hideOptionsRoute }),
  ...(logLevel === undefined ? {} : { logLevel })
})

function converted(
  fastify: FastifyInstance,
  { delegator: _delegator, ...options }: CorsOptions
): FastifyCorsOptions {
  return { methods, ...given(options), origin: decider(fastify, options.origin) } as FastifyCorsOptions
}

/** A delegator that fails, or gives what the start would refuse, gives nobody anything. */
async function delegated(
  fastify: FastifyInstance,
  delegator: NonNullable<CorsOptions['delegator']>,
  request: FastifyRequest
): Promise<FastifyCorsOptions> {
  try {
    const given = await new Promise<unknown>((resolve, reject) => {
      const done = (error: Error | null, options?: unknown) => (error ? reject(error) : resolve(options))
      const result = (delegator as (request: FastifyRequest, done: unknown) => unknown)(request, done)
      if (result instanceof Promise) result.then(resolve, reject)
    })
    return converted(fastify, checkCors('cors', given as CorsOptions))
  } catch (error) {
    fastify.log.debug({ err: error }, 'security: the delegator of CORS failed; the origin gets no headers')
    return { origin: false }
  }
}

/** Who may read answers from another origin: @fastify/cors, with what is unsafe refused at the start. */
export const cors: FastifyPluginAsync<CorsOptions> = fp(plugin, {
  name: '@seaworthy/security/cors',
  fastify: '^5.10.0'
})

import type { FastifyCorsOptions } from '@fastify/cors'
import { whenReplaced, type Overridable } from '@seaworthy/contract'
import { omitUndefined } from '@seaworthy/internal'
import type {
  FastifyInstance,
  FastifyPluginAsync,
  FastifyReply,
  FastifyRequest,
  HookHandlerDoneFunction
} from 'fastify'
import fp from 'fastify-plugin'
import { registerCorsWithoutHook, type CorsHookHandler } from '../internals.ts'
import { warnAboutMisspeltOptions } from '../misspelt-options.ts'
import { bindHeaderSlot } from '../prepared-headers/set-block.ts'
import { checkCors } from './check-cors.ts'
import { bindDelegator } from './delegator.ts'
import { hasOfficialCors, whenCorsFollows } from './give-way.ts'
import { prepareListedOrigins, varyByOrigin } from './listed-origins.ts'
import { toOfficialOptions } from './official-options.ts'
import type { CorsHook, CorsOptions, RouteCors } from './options.ts'
import { belongsToInner, enterScope, takeRoute } from './scopes.ts'

interface CorsConfig {
  /** The route's CORS options, on top of the plugin's; `false` for none. */
  cors?: Overridable<this, RouteCors>
}

declare module 'fastify' {
  interface FastifyContextConfig extends CorsConfig {}
}

const plugin: FastifyPluginAsync<CorsOptions> = async (fastify, options) => {
  const checked = checkCors('cors', options)
  if (hasOfficialCors(fastify)) return warnAboutOfficial(fastify)
  if (checked.origin === true) {
    fastify.log.warn(
      'security: "cors.origin" is true; every site may read responses that need no credentials; list the origins if that is not meant'
    )
  }

  let active = true
  const scope = enterScope(fastify)
  warnAboutMisspeltOptions(fastify, ['cors'])
  // @fastify/cors reads a route's options from the same place, so they are converted in place.
  fastify.addHook('onRoute', (route) => {
    const cors = takeRoute(scope, route)
    if (cors === undefined || cors === false || !active) return
    const option = `cors of ${route.url}`
    const merged = checkCors(option, { ...checked, ...checkCors(option, cors) })
    route.config = { ...route.config, cors: toOfficialOptions(fastify, merged) as RouteCors }
  })

  const keepVary = dependsOnOrigin(checked) ? keepVaryOrigin(fastify) : undefined
  const setListedOrigin = prepareListedOrigins(fastify, checked)
  const { delegator, hook = 'onRequest' } = checked
  const corsHook = await registerCorsWithoutHook(
    fastify,
    delegator === undefined
      ? toOfficialOptions(fastify, checked)
      : {
          ...registrationOptions(checked),
          delegator: bindDelegator(fastify, delegator)
        }
  )
  addHeadersHook(fastify, hook, corsHook ?? skip, (request, reply) => {
    if (!active || (scope.hasInner && belongsToInner(scope, request))) return true
    if (setListedOrigin?.(request, reply)) return true
    keepVary?.(request, reply)
    return corsHook === undefined
  })
  if (corsHook === undefined) {
    if (setListedOrigin !== undefined) {
      fastify.log.info(
        'security: this version of @fastify/cors adds its hook in another way; all requests pass through it, which is slower; nothing to do'
      )
    }
    return
  }
  whenReplaced(fastify, 'security.cors', () => void (active = false))
  whenCorsFollows(fastify, () => {
    if (active) warnAboutOfficial(fastify)
    active = false
  })
}

const skip: CorsHookHandler = (...rest) => (rest.at(-1) as HookHandlerDoneFunction)()

/** Adds the hook of @fastify/cors for the requests that are not done without it. */
function addHeadersHook(
  fastify: FastifyInstance,
  name: CorsHook,
  corsHook: CorsHookHandler,
  isDone: (request: FastifyRequest, reply: FastifyReply) => boolean
): void {
  if (name === 'preParsing' || name === 'preSerialization')
    fastify.addHook(name as 'preSerialization', function cors(request, reply, payload, done) {
      if (isDone(request, reply)) done()
      else corsHook.call(this, request, reply, payload, done)
    })
  else
    fastify.addHook(name as 'onRequest', function cors(request, reply, done) {
      if (isDone(request, reply)) done()
      else corsHook.call(this, request, reply, done)
    })
}

const warnAboutOfficial = ({ log }: FastifyInstance): void =>
  log.warn(
    'security: the app registers @fastify/cors too; its headers are sent, and those of "cors" are not; keep one of the two'
  )

/** Whether responses differ between origins. */
const dependsOnOrigin = ({ origin, delegator }: CorsOptions): boolean =>
  delegator !== undefined ||
  (origin !== undefined && origin !== false && ![origin as unknown].flat(Infinity).includes('*'))

/**
 * A route that sets `Vary` replaces the header: without `Origin` in it, caches would mix the responses. The block is
 * joined with the header of the route when the head is written.
 */
function keepVaryOrigin(fastify: FastifyInstance): (request: FastifyRequest, reply: FastifyReply) => void {
  const setBlock = bindHeaderSlot(fastify, 'cors')
  return (request, reply) => {
    if (!routeVariesNot(request)) setBlock(reply, varyByOrigin)
  }
}

/** Whether the route has CORS options of its own that do not depend on the origin. */
const routeVariesNot = ({ routeOptions }: FastifyRequest): boolean => {
  const { cors } = routeOptions.config as { cors?: { origin?: unknown } | false }
  return cors === false || cors?.origin === '*' || cors?.origin === false
}

/** The options that a delegator cannot decide. */
const registrationOptions = ({ hook, hideOptionsRoute, logLevel }: CorsOptions) =>
  omitUndefined({ hook, hideOptionsRoute, logLevel }) as Pick<FastifyCorsOptions, 'hook'>

/**
 * Cross-origin resource sharing: @fastify/cors, with unsafe options rejected at the start.
 *
 * @example
 * await app.register(cors, { origin: ['https://app.example.com'], credentials: true })
 */
export const cors: FastifyPluginAsync<CorsOptions> = fp(plugin, {
  name: '@seaworthy/security/cors',
  fastify: '^5.12.0'
})

import { withoutRegisterOptions } from '@seaworthy/internal'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { check, given, section } from '../option-checks.ts'
import { tell } from '../status.ts'
import { headerWriter } from './response-headers.ts'
import { decorateLimits } from './decorators.ts'
import { limitKeys } from './resolve-limit.ts'
import { Limiter } from './limiter.ts'
import { MemoryStore } from './memory-store.ts'
import type { RateLimitOptions, RouteRateLimit } from './options.ts'
import { watchOutcomes } from './metrics.ts'
import { appLimits, noLimits, type Plan } from './route-plan.ts'
import { watchProxies } from './proxy-warning.ts'
import { sharedStore } from './redis-connection.ts'
import { addRouteHooks } from './route-hooks.ts'

const ownKeys = [
  'global',
  'user',
  'failures',
  'redis',
  'nameSpace',
  'storeTimeout',
  'cache',
  'enableDraftSpec',
  'addHeaders',
  'addHeadersOnExceeding',
  'policyHeaders'
]

/** Where a route keeps its plan: Fastify copies a route's `config`, so it travels with it. */
const kPlan = Symbol('seaworthy.security.rate-limit.plan')
interface Planned {
  [kPlan]?: Plan
}

const plugin: FastifyPluginAsync<RateLimitOptions> = async (fastify, options) => {
  section('rateLimit', options)
  const own = withoutRegisterOptions(given(options))
  check.keys('rateLimit', own, [...limitKeys, ...ownKeys])
  const { global = true, cache = 10_000, enableDraftSpec = false, policyHeaders = true } = own
  check.boolean('rateLimit.global', global)
  const limits = appLimits(own)
  const memory = new MemoryStore(check.integer('rateLimit.cache', cache, { min: 1, max: 10_000_000 }))
  const outcomes = watchOutcomes(fastify, () => redis?.up ?? true)
  const redis = await sharedStore(fastify, own, (reason) => outcomes.storeError(reason))
  const limiter = new Limiter({
    memory,
    redis,
    outcomes,
    writeHeaders: headerWriter({
      enableDraftSpec: check.boolean('rateLimit.enableDraftSpec', enableDraftSpec),
      policyHeaders: check.boolean('rateLimit.policyHeaders', policyHeaders),
      addHeaders: own.addHeaders ?? {},
      addHeadersOnExceeding: own.addHeadersOnExceeding ?? {}
    })
  })
  const plans = new Set<Plan>(global ? [limits.plan] : [])

  /** What was last made of what a route says. */
  const routes = new WeakMap<object, { url: string; plan: Plan }>()

  /** Routes registered before this plugin have no plan yet: they get it with their first request. */
  const planOf = ({ routeOptions }: FastifyRequest): Plan => {
    const { config } = routeOptions
    const planned = (config as Planned | undefined)?.[kPlan]
    if (planned) return planned
    const { method, url = '' } = routeOptions
    const plan = decide({ method, url, config })
    if (config) (config as Planned)[kPlan] = plan
    return plan
  }
  const decide = ({ method, url, config }: Pick<RouteOptions, 'method' | 'url' | 'config'>): Plan => {
    if (config?.operational !== undefined) return noLimits
    const { rateLimit: said } = (config ?? {}) as { rateLimit?: RouteRateLimit }
    if (said === undefined) return global ? limits.plan : noLimits
    if (said === false) return noLimits
    // Fastify's own HEAD route says the very same as the route it belongs to, and counts with it.
    const before = routes.get(said)
    if (method === 'HEAD' && before?.url === url) return before.plan
    const plan = limits.forRoute({ method, url }, said)
    plans.add(plan)
    routes.set(said, { url, plan })
    return plan
  }

  const watch = watchProxies(fastify)
  fastify.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done) => {
    watch(request)
    const { onRequest } = planOf(request)
    if (onRequest.length === 0) return done()
    limiter.ask(onRequest, request, reply, (error, answered) => {
      if (error) done(error)
      else if (!answered) done()
    })
  })
  fastify.addHook('onRoute', (route) => {
    const plan = decide(route)
    route.config = { ...route.config, [kPlan]: plan } as NonNullable<RouteOptions['config']>
    addRouteHooks(route, plan, limiter)
  })
  // Unknown routes have no onRoute: failures that they answer are looked at here.
  if (limits.plan.limits.some(({ failures }) => failures)) {
    fastify.addHook('onResponse', (request, reply, done) => {
      limiter.answered(request, reply.statusCode)
      done()
    })
  }

  decorateLimits(fastify, limiter, limits)
  tell(fastify, {
    limits: () =>
      [...new Set([...plans].flatMap((plan) => plan.limits))].map(
        ({ name, by, max, window, stage, observe }) => ({
          name,
          by,
          max: typeof max === 'number' ? max : undefined,
          timeWindow: typeof window === 'number' ? window : undefined,
          stage,
          observe
        })
      ),
    store: () => ({ kind: redis ? 'redis' : 'memory', up: redis?.up ?? true, keys: memory.keys })
  })
}

/** Limits requests: per address before authentication, per user after it, alone or together with other processes. */
export const rateLimit: FastifyPluginAsync<RateLimitOptions> = fp(plugin, {
  name: '@seaworthy/security/rate-limit',
  fastify: '^5.10.0'
})

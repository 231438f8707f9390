import { managementPort, whenProvided, whenReplaced } from '@seaworthy/contract'
import type { FastifyPluginAsync, FastifyReply, FastifyRequest, RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { whenOfficialIsUsed } from '../official-plugins.ts'
import { isInjectedByTest, isOfficialLimiter } from '../internals.ts'
import { warnAboutMisspeltOptions } from '../misspelt-options.ts'
import { observedReports } from '../mode.ts'
import { countRegistration } from '../registrations.ts'
import { securityStatus, type LimitInfo } from '../status.ts'
import { check } from '../option-checks.ts'
import { CustomStore } from './custom-store.ts'
import { decorateLimits } from './decorators.ts'
import { provideKeyedLimits } from './keyed-limits.ts'
import { Limiter } from './limiter.ts'
import { MemoryStore } from './memory-store.ts'
import { manageLimits } from './management.ts'
import { createLimitMetrics } from './metrics.ts'
import { resolveRateLimit, type RateLimitOptions } from './options.ts'
import { warnAboutPlatformProxy, watchForwardedRequests } from './proxy-warning.ts'
import type { Limit } from './resolve-limit.ts'
import { rateLimitHeaderWriter } from './response-headers.ts'
import { addRouteHooks } from './route-hooks.ts'
import { resolveAppLimits } from './route-plan.ts'
import { RoutePlans } from './plan-registry.ts'

const plugin: FastifyPluginAsync<RateLimitOptions> = async (fastify, options) => {
  const resolved = resolveRateLimit(options)
  const registration = countRegistration(fastify, 'rate-limits.v1')
  const limits = resolveAppLimits(resolved, registration)
  const plans = new RoutePlans(limits, resolved.global, resolved.max === undefined)
  const memory = new MemoryStore(resolved.cache)
  const metrics = createLimitMetrics(fastify, () => redis?.up ?? true)
  const redis =
    resolved.redis === undefined
      ? undefined
      : await (
          await import('./redis-store.ts')
        ).createRedisStore(fastify, resolved, registration, (failure) => metrics.storeError(failure))
  const writeHeaders = rateLimitHeaderWriter(fastify, resolved)
  const custom = resolved.store && new CustomStore(resolved, limits.plan.limits[0]!.name, fastify.log)
  const limiter = new Limiter({
    memory,
    redis: custom ?? redis,
    metrics,
    writeHeaders,
    reportObserved: observedReports(fastify)
  })

  provideKeyedLimits(fastify, limiter, limits)
  if (registration === 1) {
    fastify.addHook('onReady', (done) => {
      warnAboutPlatformProxy(fastify)
      done()
    })
  }
  // The tests of an app that has chosen no limit send more requests than a client does.
  const [onlyLimit, ...more] = limits.plan.limits
  const sparesTests = resolved.max === undefined && more.length === 0 && onlyLimit?.dynamic === false
  const watchForwarded = watchForwardedRequests(fastify)
  fastify.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done) => {
    watchForwarded(request)
    const plan = plans.of(request)
    const { onRequest } = plan
    if (onRequest.length === 0) return done()
    const onDone = (error?: Error | null, replied?: boolean) => {
      if (error) done(error)
      else if (!replied) done()
    }
    if (sparesTests && plan.isOfApp && isInjectedByTest(request)) {
      return limiter.pass(onRequest, request, reply, onDone)
    }
    limiter.enforce(onRequest, request, reply, onDone)
  })
  warnAboutMisspeltOptions(fastify, ['rateLimit'])
  fastify.addHook('onRoute', (route) => addRouteHooks(route, plans.add(route), limiter))
  // Unknown routes have no onRoute hook: their failures are counted here.
  if (limits.plan.limits.some(({ failures }) => failures)) {
    fastify.addHook('onResponse', (request, reply, done) => {
      limiter.onResponse(request, reply.statusCode)
      done()
    })
  }

  const decorated = decorateLimits(fastify, limiter, limits)
  const allLimits = () => new Set([...[...plans.all].flatMap((plan) => plan.limits), ...decorated.limits])
  manageLimits(fastify, allLimits)
  // Routes that the other plugin does not cover keep their limits.
  whenReplaced(fastify, 'security.rateLimit', () => {
    plans.isReplaced = true
    for (const name of decorated.names) Reflect.deleteProperty(fastify, name)
  })
  whenOfficialIsUsed(fastify, {
    name: '@fastify/rate-limit',
    consequence:
      'routes that it limits have its limits; of the limits of this package, "user" and "failures" go on, and those of routes that it leaves out',
    isOff: () => plans.isReplaced,
    turnOff: () => plans.giveWay(isLimitedByOfficial)
  })
  fastify.addHook('onReady', (done) => {
    if (plans.isReplaced) plans.giveWay(isLimitedByOfficial)
    plans.forgetRoutes()
    done()
  })
  if (custom !== undefined) {
    fastify.addHook('onReady', (done) => {
      const all = [...plans.all].flatMap((plan) => plan.limits)
      const unsupported = all.find(({ failures, cost }) => failures !== undefined || cost !== 1)
      const rule = 'left out where a limit has "cost" or counts failures: it cannot give back'
      if (unsupported !== undefined) check.failWith('rateLimit.store', rule, `the limit ${unsupported.name}`)
      done()
    })
  }
  const status = securityStatus(fastify)
  const earlier = status.limits
  status.limits = () => [
    ...(earlier?.() ?? []),
    ...[...new Set([...plans.all].flatMap((plan) => plan.limits))].map(toLimitInfo)
  ]
  const earlierStore = status.store
  status.store = () => {
    const before = earlierStore?.()
    const kind = custom ? 'custom' : redis ? 'redis' : 'memory'
    return {
      kind: kind === 'memory' && before ? before.kind : kind,
      up: (redis?.up ?? true) && (before?.up ?? true),
      keys: memory.keys + (before?.keys ?? 0)
    }
  }
  whenProvided(fastify, managementPort, (management) =>
    management.section('rate limits', () => ({ store: status.store?.(), limits: status.limits?.() }))
  )
}

/** Whether a route has the hook of @fastify/rate-limit, which adds it only where it limits. */
const isLimitedByOfficial = ({ onRequest, preParsing, preValidation, preHandler }: RouteOptions): boolean =>
  [onRequest, preParsing, preValidation, preHandler].flat().some(isOfficialLimiter)

const toLimitInfo = ({ name, by, max, window, stage, observe }: Limit): LimitInfo => ({
  name,
  by,
  max: typeof max === 'number' ? max : undefined,
  timeWindow: typeof window === 'number' ? window : undefined,
  stage,
  observe
})

/**
 * Limits requests: by address before authentication, by user after it, alone or together with other processes.
 *
 * @example
 * await app.register(rateLimit, { max: 300, timeWindow: '1 minute' })
 * app.post('/login', { config: { rateLimit: { max: 5 } } }, async () => ({ ok: true }))
 */
export const rateLimit: FastifyPluginAsync<RateLimitOptions> = fp(plugin, {
  name: '@seaworthy/security/rate-limit',
  fastify: '^5.12.0'
})

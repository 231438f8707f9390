import { managementPort, meterPort, routeData, whenProvided } from '@seaworthy/contract'
import { LazyCounter } from '@seaworthy/internal'
import type { FastifyInstance } from 'fastify'
import { warnAboutMisspeltOptions } from '../misspelt-options.ts'
import { observedReports } from '../mode.ts'
import { countRegistration, joinRegistrations } from '../registrations.ts'
import { addUserHooks } from '../user-hooks.ts'
import { openRedis } from '../rate-limit/redis-connection.ts'
import { policyItemWriter } from '../rate-limit/response-headers.ts'
import { resolveLimits, type ConcurrencyLimit } from './limit.ts'
import { ConcurrencyLimiter } from './limiter.ts'
import { resolveConcurrency, type ConcurrencyOptions, type ResolvedConcurrency } from './options.ts'
import { RedisLeases } from './redis-leases.ts'

/** Adds the limits to an app. Loaded only if there are some. */
export async function limitConcurrency(fastify: FastifyInstance, options: ConcurrencyOptions): Promise<void> {
  const resolved = resolveConcurrency(options)
  const registration = countRegistration(fastify, 'concurrency-limits.v1')
  const limits = resolveLimits(resolved, registration)
  const store = await openLeases(fastify, resolved, registration)
  const requests = new LazyCounter(fastify, {
    name: 'concurrency_limit_requests_total',
    help: 'Requests by concurrency limit and outcome',
    labels: ['limit', 'outcome'],
    maxSeries: 1000
  })
  const writeItem = policyItemWriter(fastify)
  const limiter = new ConcurrencyLimiter({
    store,
    leaseTime: resolved.leaseTime,
    count: (limit, outcome) => requests.inc(limit, outcome),
    writeState(reply, { label }, max, left) {
      if (resolved.policyHeaders)
        writeItem(reply, `${label};r=${left}`, `${label};q=${max};qu="concurrent-requests"`)
    },
    reportObserved: observedReports(fastify)
  })
  fastify.addHook('onClose', (_app, done) => {
    limiter.close()
    done()
  })

  // A limit per address applies before authentication, to unknown routes too.
  const ofRoute = routeData<ConcurrencyLimit | 'none'>('security.concurrency')
  const otherwise = resolved.global ? limits.app : undefined
  fastify.addHook('onRequest', (request, reply, done) => {
    const limit = ofRoute.get(request) ?? otherwise
    if (limit === undefined || limit === 'none' || limit.by !== 'ip') return done()
    limiter.enter(limit, request, reply, done)
  })
  const all = new Set<ConcurrencyLimit>(otherwise ? [otherwise] : [])
  fastify.addHook('onRoute', (route) => {
    const { operational, concurrency } = route.config ?? {}
    const limit = operational === undefined ? limits.forRoute(route, concurrency) : undefined
    ofRoute.set(route, limit ?? 'none')
    if (limit === undefined) return
    all.add(limit)
    if (limit.by === 'user')
      addUserHooks(route, (request, reply, done) => limiter.enter(limit, request, reply, done))
  })
  warnAboutMisspeltOptions(fastify, ['concurrency'])

  const joined = joinRegistrations<Joined>(fastify, 'concurrency-registrations.v1', {
    limiter,
    limits: all,
    store
  })
  const running = (): number => joined.reduce((sum, { limiter }) => sum + limiter.running, 0)
  whenProvided(fastify, meterPort, (meter) => {
    meter.gauge({
      name: 'concurrency_limit_running',
      help: 'Requests of this process that concurrency limits count now',
      collect: (gauge) => gauge.with().set(running())
    })
  })
  whenProvided(fastify, managementPort, (management) =>
    management.section('concurrency limits', () => ({
      store: {
        kind: joined.some(({ store }) => store) ? 'redis' : 'memory',
        up: joined.every(({ store }) => store?.up ?? true)
      },
      running: running(),
      limits: joined
        .flatMap(({ limits }) => [...limits])
        .map(({ name, by, max, observe }) => ({
          name,
          by,
          ...(typeof max === 'number' ? { max } : {}),
          observe
        }))
    }))
  )
}

/** The parts of a registration that operators see. */
interface Joined {
  readonly limiter: ConcurrencyLimiter
  readonly limits: ReadonlySet<ConcurrencyLimit>
  readonly store: RedisLeases | undefined
}

const openLeases = (
  fastify: FastifyInstance,
  { redis, nameSpace, storeTimeout, leaseTime }: ResolvedConcurrency,
  registration: number
): Promise<RedisLeases | undefined> =>
  openRedis(
    fastify,
    {
      redis,
      nameSpace,
      storeTimeout,
      option: 'concurrency',
      prefix: 'seaworthy-concurrency:',
      registration,
      onFailure: () => undefined,
      onChange(server, error) {
        if (error === undefined) {
          fastify.log.info(
            `security: ${server} answers again; processes share their concurrency limits again`
          )
        } else {
          fastify.log.warn(
            { err: error },
            `security: ${server} does not count running requests (${error.message}); concurrency limits follow "onStoreError" until it does; check the server, the user's permissions and the connection`
          )
        }
      }
    },
    (guarded) => new RedisLeases(guarded, leaseTime)
  )

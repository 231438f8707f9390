import Fastify, { type FastifyInstance, type FastifyPluginAsync, type RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import t, { type Test } from 'tap'
import {
  lifecyclePort,
  managementPort,
  meterPort,
  provide,
  readinessPort,
  reporterPort,
  whenProvided,
  type LifecycleState,
  type Management,
  type Meter,
  type ReportContext
} from '@seaworthy/contract'
import { health, type HealthOptions } from '../src/index.ts'
import { isolate } from '../src/isolation.ts'

/** Stands in for the plugins that health meets: what they offer, and what they were told. */
function neighbours() {
  const told = {
    state: 'running' as LifecycleState,
    values: {} as Record<string, number>,
    observations: {} as Record<string, number[]>,
    reports: [] as { error: unknown; context: ReportContext }[],
    sections: {} as Record<string, () => unknown>,
    operators: Fastify(),
    scrape: () => undefined as void
  }
  const collectors: (() => void)[] = []
  told.scrape = () => collectors.forEach((collect) => collect())
  const key = (name: string, values: string[]) => [name, ...values].join(' ')
  const meter: Meter = {
    counter: () => ({ with: () => ({ inc: () => undefined }) }),
    gauge: ({ name, collect }) => {
      const family = {
        with: (...values: string[]) => ({
          set: (value: number) => void (told.values[key(name, values)] = value),
          inc: () => undefined,
          dec: () => undefined
        })
      }
      if (collect) collectors.push(() => collect(family))
      return family
    },
    histogram: ({ name }) => ({
      with: (...values) => ({
        observe: (value) => void (told.observations[key(name, values)] ??= []).push(value)
      })
    })
  }
  const management: Management = {
    route: (options: RouteOptions) => void told.operators.route(options),
    section: (name, snapshot) => void (told.sections[name] = snapshot)
  }
  const plugin: FastifyPluginAsync = async (fastify) => {
    provide(fastify, meterPort, meter)
    provide(fastify, managementPort, management)
    provide(fastify, reporterPort, {
      report: (error, context) => void told.reports.push({ error, context }),
      flush: async () => undefined
    })
    provide(fastify, lifecyclePort, {
      get state() {
        return told.state
      },
      onDrain: () => undefined,
      onShutdown: () => undefined,
      onFlush: () => undefined
    })
    whenProvided(fastify, readinessPort, (readiness) => {
      readiness.addCheck('theirs', () => true, { critical: false })
      readiness.hold('their start')()
    })
  }
  return { told, plugin: fp(plugin) }
}

async function build(t: Test, order: string, options: HealthOptions) {
  const app: FastifyInstance = Fastify()
  const { told, plugin } = neighbours()
  t.teardown(async () => {
    await app.close()
    await told.operators.close()
  })
  if (order === 'before') await app.register(plugin)
  await app.register(health, { cacheFor: 0, ...options })
  if (order === 'after') await app.register(plugin)
  await app.ready()
  return { app, told }
}

for (const order of ['before', 'after']) {
  t.test(`with neighbours registered ${order} it`, async (t) => {
    t.test('lets them add checks and hold readiness', async (t) => {
      const { app } = await build(t, order, { checks: { ours: () => true } })
      t.strictSame((await app.inject('/health/ready')).json(), {
        status: 'ready',
        checks: { ours: true, theirs: true }
      })
    })

    t.test('is not ready from the moment the service drains, without asking a check', async (t) => {
      let hangs = false
      const { app, told } = await build(t, order, {
        timeout: 60_000,
        checks: { database: () => (hangs ? new Promise(() => undefined) : true) }
      })
      t.equal((await app.inject('/health/ready')).statusCode, 200)
      hangs = true
      for (const state of ['draining', 'closing', 'closed'] as const) {
        told.state = state
        const ready = await app.inject('/health/ready')
        t.equal(ready.statusCode, 503, state)
        t.match(ready.json(), { status: 'not ready', reason: 'draining', checks: { database: true } })
        t.equal((await app.inject('/health/live')).statusCode, 200, state)
        t.equal((await app.inject('/health/startup')).statusCode, 200, state)
      }
    })

    t.test('measures each check and readiness', async (t) => {
      let works: unknown = true
      const { app, told } = await build(t, order, { checks: { database: () => works } })
      for (const [result, value, ready] of [
        [true, 1, 1],
        ['degraded', 0.5, 1],
        [false, 0, 0]
      ] as const) {
        works = result
        // The first may still wait for the run that the scrape before it has started.
        for (let i = 0; i < 2; i++) await app.inject('/health/ready')
        told.scrape()
        t.equal(told.values['health_check_status database'], value)
        t.equal(told.values['health_ready'], ready)
      }
      t.ok(told.observations['health_check_duration_seconds database']!.length >= 3)
      t.ok(told.observations['health_check_duration_seconds database']?.every((seconds) => seconds < 1))
      app.health.maintenance.enter('x')
      told.scrape()
      t.equal(told.values['health_ready'], 0)
    })

    t.test('reports a critical failure once', async (t) => {
      const error = new Error('refused')
      const { app, told } = await build(t, order, {
        checks: { database: () => Promise.reject(error), cache: { check: () => false, critical: false } },
        startupTasks: { warm: () => Promise.reject(error) }
      })
      for (let i = 0; i < 3; i++) await app.inject('/health/ready')
      t.match(told.reports, [
        { error, context: { source: 'startup task "warm"' } },
        { error, context: { source: 'health check "database"', check: 'database' } }
      ])
      t.equal(told.reports.length, 2)
    })

    t.test('shows operators what the public does not see', async (t) => {
      const { app, told } = await build(t, order, {
        checks: { database: () => Promise.reject(new Error('no route to 10.1.2.3')) }
      })
      const seen: string[] = []
      for (const path of ['/health/live', '/health/ready', '/health/startup', '/health/group/ready']) {
        for (const accept of ['application/json', 'application/health+json']) {
          const { body } = await app.inject({ path, headers: { accept } })
          seen.push(body)
        }
      }
      t.notMatch(seen.join(''), /10\.1\.2\.3|duration|stack|at /)
      t.equal((await app.inject('/health')).statusCode, 404)

      const detail = await told.operators.inject('/health')
      t.match(detail.headers, { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
      t.match(detail.json(), {
        status: 'not ready',
        checks: { database: { error: 'no route to 10.1.2.3', duration: Number, critical: true } },
        history: [{ check: 'database', to: 'fail' }]
      })
      t.match(told.sections.health?.(), { status: 'not ready' })
      t.equal((await told.operators.inject('/health/ready')).statusCode, 503)
      t.equal((await told.operators.inject('/health/live')).statusCode, 200)
      t.equal((await told.operators.inject('/health/startup')).statusCode, 200)
      t.equal((await told.operators.inject('/health/group/ready')).statusCode, 503)
    })

    t.test('gives operators the maintenance switch', async (t) => {
      const { app, told } = await build(t, order, {})
      const url = '/health/maintenance'
      const entered = await told.operators.inject({ method: 'PUT', url, payload: { reason: 'new disk' } })
      t.match(entered.json(), {
        status: 'not ready',
        reason: 'maintenance',
        maintenance: { reason: 'new disk' }
      })
      t.equal((await app.inject('/health/ready')).statusCode, 503)
      const left = await told.operators.inject({ method: 'DELETE', url })
      t.match(left.json(), { status: 'ready' })
      await told.operators.inject({ method: 'PUT', url })
      t.match(app.health.maintenance.current, { reason: 'by an operator' })
    })
  })
}

t.test('alone it needs no neighbour, and readiness ends when the app closes', async (t) => {
  const app = Fastify({ return503OnClosing: false })
  await app.register(health)
  const during = Promise.withResolvers<[number, number]>()
  app.addHook('preClose', async () => {
    const codes = await Promise.all(
      ['ready', 'live'].map(async (name) => (await fetch(`${app.listeningOrigin}/health/${name}`)).status)
    )
    during.resolve(codes as [number, number])
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  t.equal((await fetch(`${app.listeningOrigin}/health/ready`)).status, 200)
  await app.close()
  t.strictSame(await during.promise, [503, 200])
})

t.test('two apps in a process do not meet', async (t) => {
  const first = Fastify()
  const second = Fastify()
  t.teardown(async () => Promise.all([first.close(), second.close()]))
  await first.register(health, { checks: { database: () => false } })
  await second.register(health, { checks: { cache: () => true } })
  first.health.maintenance.enter('moving')

  t.equal((await first.inject('/health/ready')).statusCode, 503)
  t.strictSame((await second.inject('/health/ready')).json(), { status: 'ready', checks: { cache: true } })
})

t.test(
  'Fastify still lets a scope have hooks of its own; where it does not, isolation says so',
  async (t) => {
    const app = Fastify()
    t.teardown(() => app.close())
    const results: boolean[] = []
    await app.register(async (scope) => {
      results.push(isolate(scope))
    })
    t.strictSame(results, [true])
    t.equal(isolate(Object.create(app) as FastifyInstance), false)
  }
)

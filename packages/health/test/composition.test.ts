import Fastify, { type FastifyInstance, type FastifyPluginAsync, type RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import FakeTimers from '@sinonjs/fake-timers'
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

/** Stands in for other plugins: provides their ports and records the calls. */
function otherPlugins() {
  const recorded = {
    state: 'running' as LifecycleState,
    values: {} as Record<string, number>,
    observations: {} as Record<string, number[]>,
    reports: [] as { error: unknown; context: ReportContext }[],
    sections: {} as Record<string, () => unknown>,
    operators: Fastify(),
    scrape: () => undefined as void
  }
  const collectors: (() => void)[] = []
  recorded.scrape = () => collectors.forEach((collect) => collect())
  const key = (name: string, values: string[]) => [name, ...values].join(' ')
  const meter: Meter = {
    counter: () => ({ with: () => ({ inc: () => undefined }) }),
    gauge: ({ name, collect }) => {
      const family = {
        with: (...values: string[]) => ({
          set: (value: number) => void (recorded.values[key(name, values)] = value),
          inc: () => undefined,
          dec: () => undefined
        })
      }
      if (collect) collectors.push(() => collect(family))
      return family
    },
    histogram: ({ name }) => ({
      with: (...values) => ({
        observe: (value) => void (recorded.observations[key(name, values)] ??= []).push(value)
      })
    })
  }
  const management: Management = {
    route: (options: RouteOptions) => void recorded.operators.route(options),
    section: (name, snapshot) => void (recorded.sections[name] = snapshot)
  }
  const plugin: FastifyPluginAsync = async (fastify) => {
    provide(fastify, meterPort, meter)
    provide(fastify, managementPort, management)
    provide(fastify, reporterPort, {
      report: (error, context) => void recorded.reports.push({ error, context }),
      flush: async () => undefined
    })
    provide(fastify, lifecyclePort, {
      get state() {
        return recorded.state
      },
      onDrain: () => undefined,
      onShutdown: () => undefined,
      onFlush: () => undefined
    })
    whenProvided(fastify, readinessPort, (readiness) => {
      readiness.addCheck('other', () => true, { critical: false })
      readiness.hold('the start of the other plugin')()
    })
  }
  return { recorded, plugin: fp(plugin) }
}

async function build(t: Test, order: string, options: HealthOptions) {
  const app: FastifyInstance = Fastify()
  const { recorded, plugin } = otherPlugins()
  t.teardown(async () => {
    await app.close()
    await recorded.operators.close()
  })
  if (order === 'before') await app.register(plugin)
  await app.register(health, { cacheFor: 0, ...options })
  if (order === 'after') await app.register(plugin)
  await app.ready()
  return { app, recorded }
}

for (const order of ['before', 'after']) {
  t.test(`with other plugins registered ${order} it`, async (t) => {
    t.test('they can add checks and hold readiness', async (t) => {
      const { app } = await build(t, order, { checks: { app: () => true } })
      t.strictSame((await app.inject('/health/ready')).json(), {
        status: 'ready',
        checks: { app: true, other: true }
      })
    })

    t.test('readiness is 503 from the start of the drain, without running a check', async (t) => {
      let hangs = false
      const { app, recorded } = await build(t, order, {
        timeout: 60_000,
        checks: { database: () => (hangs ? new Promise(() => undefined) : true) }
      })
      t.equal((await app.inject('/health/ready')).statusCode, 200)
      hangs = true
      for (const state of ['draining', 'closing', 'closed'] as const) {
        recorded.state = state
        const ready = await app.inject('/health/ready')
        t.equal(ready.statusCode, 503, state)
        t.match(ready.json(), { status: 'not ready', reason: 'draining', checks: { database: true } })
        t.equal((await app.inject('/health/live')).statusCode, 200, state)
        t.equal((await app.inject('/health/startup')).statusCode, 200, state)
      }
    })

    t.test('each check and readiness are measured', async (t) => {
      let works: unknown = true
      const clock = FakeTimers.install({ toFake: ['performance'] })
      t.teardown(() => clock.uninstall())
      const database = () => {
        clock.tick(250)
        return works
      }
      const { app, recorded } = await build(t, order, { checks: { database } })
      for (const [result, value, ready] of [
        [true, 1, 1],
        ['degraded', 0.5, 1],
        [false, 0, 0]
      ] as const) {
        works = result
        // The first probe may wait for a run that the scrape before it has started.
        for (let i = 0; i < 2; i++) await app.inject('/health/ready')
        recorded.scrape()
        t.equal(recorded.values['health_check_status database true'], value)
        t.equal(recorded.values['health_ready'], ready)
      }
      const durations = recorded.observations['health_check_duration_seconds database']!
      t.ok(durations.length >= 3)
      t.strictSame([...new Set(durations)], [0.25])
      app.health.maintenance.enter('x')
      recorded.scrape()
      t.equal(recorded.values['health_ready'], 0)
    })

    t.test('a critical failure is reported once', async (t) => {
      const error = new Error('refused')
      const { app, recorded } = await build(t, order, {
        checks: { database: () => Promise.reject(error), cache: { check: () => false, critical: false } },
        startupTasks: { warm: () => Promise.reject(error) }
      })
      for (let i = 0; i < 3; i++) await app.inject('/health/ready')
      t.match(recorded.reports, [
        { error, context: { source: 'startup task "warm"' } },
        { error, context: { source: 'health check "database"', check: 'database' } }
      ])
      t.equal(recorded.reports.length, 2)
    })

    t.test('operators get details that the public does not', async (t) => {
      const { app, recorded } = await build(t, order, {
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

      const detail = await recorded.operators.inject('/health')
      t.match(detail.headers, { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
      t.match(detail.json(), {
        status: 'not ready',
        checks: { database: { error: 'no route to 10.1.2.3', duration: Number, critical: true } },
        history: [{ check: 'database', to: 'fail' }]
      })
      t.match(recorded.sections.health?.(), { status: 'not ready' })
      t.equal((await recorded.operators.inject('/health/ready')).statusCode, 503)
      t.equal((await recorded.operators.inject('/health/live')).statusCode, 200)
      t.equal((await recorded.operators.inject('/health/startup')).statusCode, 200)
      t.equal((await recorded.operators.inject('/health/group/ready')).statusCode, 503)
    })

    t.test('operators can switch maintenance on and off', async (t) => {
      const { app, recorded } = await build(t, order, {})
      const url = '/health/maintenance'
      const entered = await recorded.operators.inject({ method: 'PUT', url, payload: { reason: 'new disk' } })
      t.match(entered.json(), {
        status: 'not ready',
        reason: 'maintenance',
        maintenance: { reason: 'new disk' }
      })
      t.equal((await app.inject('/health/ready')).statusCode, 503)
      const left = await recorded.operators.inject({ method: 'DELETE', url })
      t.match(left.json(), { status: 'ready' })
      await recorded.operators.inject({ method: 'PUT', url })
      t.match(app.health.maintenance.current, { reason: 'by an operator' })
    })
  })
}

t.test('works without any other plugin, and is not ready while the app closes', async (t) => {
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

t.test('two apps in a process share no state', async (t) => {
  const first = Fastify()
  const second = Fastify()
  t.teardown(async () => Promise.all([first.close(), second.close()]))
  await first.register(health, { checks: { database: () => false } })
  await second.register(health, { checks: { cache: () => true } })
  first.health.maintenance.enter('moving')

  t.equal((await first.inject('/health/ready')).statusCode, 503)
  t.strictSame((await second.inject('/health/ready')).json(), { status: 'ready', checks: { cache: true } })
})

t.test('a decorator of the app that has a name of the plugin is named with the way out', async (t) => {
  const collisions: [name: string, collide: (app: FastifyInstance) => unknown][] = [
    ['health', (app) => app.decorate('health', {} as never)],
    ['health', (app) => app.register(health)]
  ]
  for (const [name, collide] of collisions) {
    const app = Fastify()
    t.teardown(() => app.close())
    await collide(app)
    await t.rejects(async () => app.register(health), {
      message: new RegExp(`has the decorator "${name}", which @seaworthy/health needs; rename the other one`),
      code: 'FST_ERR_DEC_ALREADY_PRESENT'
    })
  }
})

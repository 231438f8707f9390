import t from 'tap'
import { advance, build, never, settle } from './helpers.ts'

t.test('checks run concurrently, each with its own timeout', async (t) => {
  const order: string[] = []
  const { clock, app } = await build(t, {
    timeout: 1000,
    checks: {
      slow: () => new Promise((resolve) => setTimeout(resolve, 500)).then(() => order.push('slow')),
      fast: () => void order.push('fast'),
      stuck: { check: never, timeout: 200 }
    }
  })
  await app.ready()
  const answer = app.inject('/health/ready')
  await settle()
  t.strictSame(order, ['fast'])
  await advance(clock, 500)
  t.strictSame((await answer).json(), {
    status: 'not ready',
    checks: { slow: true, fast: true, stuck: false }
  })
})

t.test('a check that ignores its signal fails in time, and one that heeds it gets the reason', async (t) => {
  let reason: unknown
  const { clock, app } = await build(t, {
    timeout: 300,
    checks: {
      ignoring: never,
      heeding: (signal) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reason = signal.reason
            reject(signal.reason as Error)
          })
        })
    }
  })
  await app.ready()
  const answer = app.inject('/health/ready')
  await settle()
  await advance(clock, 300)
  t.equal((await answer).statusCode, 503)
  t.match(reason, { code: 'TIMEOUT', message: 'took longer than 300 ms' })
  t.match(app.health.status().checks, {
    ignoring: { status: 'fail', error: 'took longer than 300 ms' }
  })
})

t.test('a check that hangs fails for each prober and is not started for each probe', async (t) => {
  let runs = 0
  const { promise, resolve } = Promise.withResolvers<void>()
  const { clock, app } = await build(t, { timeout: 300, cacheFor: 100 })
  app.health.addCheck('hung', () => {
    runs++
    return promise
  })
  await app.ready()

  for (let round = 0; round < 5; round++) {
    const answers = Array.from({ length: 50 }, async () => app.inject('/health/ready'))
    await settle()
    await advance(clock, 300)
    for (const answer of await Promise.all(answers)) t.equal(answer.statusCode, 503)
  }
  t.equal(runs, 2, 'five cache periods and 250 probes: one run, and another after twice its timeout')

  resolve()
  await settle()
  await advance(clock, 100)
  t.equal((await app.inject('/health/ready')).statusCode, 200, 'it passes again once the run has settled')
  t.equal(runs, 3)
})

t.test('a thousand probes a second call the dependency once per cache period', async (t) => {
  let runs = 0
  const { app, clock } = await build(t, { cacheFor: 500, checks: { database: async () => void runs++ } })
  await app.ready()
  for (let i = 0; i < 2000; i++) {
    t.equal((await app.inject('/health/ready')).statusCode, 200)
    clock.tick(1)
  }
  t.equal(runs, 4)
})

t.test('concurrent probes share one run even without a cache', async (t) => {
  let runs = 0
  const { app, clock } = await build(t, { cacheFor: 0 })
  app.health.addCheck('database', () => {
    runs++
    return new Promise((resolve) => setTimeout(resolve, 50))
  })
  await app.ready()
  const answers = Array.from({ length: 50 }, async () => app.inject('/health/ready'))
  await settle()
  await advance(clock, 50)
  t.ok((await Promise.all(answers)).every(({ statusCode }) => statusCode === 200))
  t.equal(runs, 1)
})

t.test(
  'a failing optional check makes readiness degraded, a failing critical one makes it fail',
  async (t) => {
    const { app, ready } = await build(t, {
      checks: { database: () => true, cache: { check: () => false, critical: false } }
    })
    const degraded = await ready()
    t.equal(degraded.statusCode, 200)
    t.strictSame(degraded.json(), { status: 'degraded', checks: { database: true, cache: false } })

    app.health.addCheck('queue', () => 'degraded')
    app.health.addCheck('disk', () => ({ status: 'fail', detail: { free: 0.01 } }))
    const failed = await ready()
    t.equal(failed.statusCode, 503)
    t.strictSame(failed.json(), {
      status: 'not ready',
      checks: { database: true, cache: false, queue: true, disk: false }
    })
    t.strictSame(app.health.status().checks.disk?.detail, { free: 0.01 })
  }
)

t.test('degradedStatus and notReadyStatus set the status codes', async (t) => {
  const { app, ready } = await build(t, { degradedStatus: 218, notReadyStatus: 500 })
  app.health.addCheck('cache', () => false, { critical: false })
  t.equal((await ready()).statusCode, 218)
  app.health.maintenance.enter('migration')
  t.equal((await ready()).statusCode, 500)
})

t.test('each group has a probe with its checks', async (t) => {
  const { app } = await build(t)
  app.health.addCheck('database', () => true, { groups: ['ready', 'payments'] })
  app.health.addCheck('bank', () => false, { groups: ['payments'] })

  t.strictSame((await app.inject('/health/ready')).json(), { status: 'ready', checks: { database: true } })
  const payments = await app.inject('/health/group/payments')
  t.equal(payments.statusCode, 503)
  t.strictSame(payments.json(), { status: 'not ready', checks: { database: true, bank: false } })
  t.equal((await app.inject('/health/group/ready')).statusCode, 200)
  t.equal((await app.inject('/health/group/others')).statusCode, 404)
  app.health.maintenance.enter('migration')
  t.equal(
    (await app.inject('/health/group/payments')).json().reason,
    undefined,
    'maintenance has no influence on a group'
  )
})

t.test('a check that is added at run time counts from then on', async (t) => {
  const { app, status } = await build(t)
  t.equal(await status(), 'ready')
  app.health.addCheck('late', () => false, { interval: 1000 })
  t.equal(await status(), 'not ready')
})
